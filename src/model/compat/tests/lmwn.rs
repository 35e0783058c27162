use super::*;

#[test]
fn each_annotation_has_its_counterpart() {
    let cases: &[Case] = &[
        (&[], &[], &[]),
        (&[("retry-status", "unavailable,internal")], &["retry-on=unavailable,internal"], &[]),
        (&[("retry-count", "3")], &["num-retries=3"], &[]),
        (&[("retry-count", "0"), ("retry-status", "internal")], &["retry-on=none"], &[]),
        (&[("retry-backoff", "25ms")], &["retry-backoff=25ms,250ms"], &[]),
        (&[("retry-backoff", "25ms,1s")], &["retry-backoff=25ms,1s"], &[]),
        (&[("retry-backoff", "1.5s, 1m30s")], &["retry-backoff=1500ms,90s"], &[]),
        (&[("retry-backoff", "500us")], &["retry-backoff=0.5ms,5ms"], &[]),
        (
            &[("api-gateway", "edge,inner"), ("grpc-service", "shop.v1.Cart,shop.v1.Prices")],
            &["hosts.grpc=edge,inner", "routes.grpc=shop.v1.Cart,shop.v1.Prices"],
            &[],
        ),
    ];
    check(Product::Lmwn, "xds.lmwn.com/", cases);
}

#[test]
fn what_makes_no_sense_is_said_or_left_to_our_parser() {
    let cases: &[Case] = &[
        (&[("retry-status", "")], &["retry-on="], &[]),
        (&[("retry-status", "UNAVAILABLE")], &["retry-on=UNAVAILABLE"], &[]),
        (&[("retry-count", "-1")], &["num-retries=-1"], &[]),
        (&[("retry-count", "many")], &["num-retries=many"], &[]),
        (&[("retry-backoff", "25")], &["retry-backoff=25"], &[]),
        (&[("retry-backoff", "-25ms")], &["retry-backoff=-25ms"], &[]),
        (&[("retry-backoff", "ms")], &["retry-backoff=ms"], &[]),
        (&[("retry-backoff", "99999999999h")], &["retry-backoff=99999999999h"], &[]),
        (&[("retry-backoff", "\u{1F980}s,1s")], &["retry-backoff=\u{1F980}s,1s"], &[]),
        (
            &[("api-gateway", "edge")],
            &[],
            &["warning: [xds.lmwn.com/api-gateway]: \"edge\": says nothing without xds.lmwn.com/grpc-service \
               (it is ignored)"],
        ),
        (
            &[("grpc-service", "a.B")],
            &[],
            &["warning: [xds.lmwn.com/grpc-service]: \"a.B\": says nothing without xds.lmwn.com/api-gateway \
               (it is ignored)"],
        ),
        (
            &[("retry-statuses", "internal")],
            &[],
            &["warning: [xds.lmwn.com/retry-statuses]: \"internal\": not supported; did you mean \
                 xds.lmwn.com/retry-status? \
               (it is ignored)"],
        ),
        (
            &[("größe", "1")],
            &[],
            &[
                "warning: [xds.lmwn.com/größe]: \"1\": not read; xds.lmwn.com/retry-status, retry-count, retry-backoff, \
               api-gateway, grpc-service are (it is ignored)",
            ],
        ),
    ];
    check(Product::Lmwn, "xds.lmwn.com/", cases);
}
