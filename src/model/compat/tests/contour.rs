use super::*;

#[test]
fn each_annotation_has_its_counterpart() {
    let cases: &[Case] = &[
        (&[("upstream-protocol.h2c", "80,grpc")], &["protocol.80=http2", "protocol.grpc=http2"], &[]),
        (&[("upstream-protocol.h2c", " grpc , grpc,")], &["protocol.grpc=http2"], &[]),
        (&[("max-connections", "10")], &["max-connections=10"], &[]),
        (&[("max-pending-requests", "10")], &["max-pending-requests=10"], &[]),
        (&[("max-requests", "10")], &["max-requests=10"], &[]),
        (&[("max-retries", "10")], &["max-retries=10"], &[]),
        (&[("per-host-max-connections", "10")], &["per-host-max-connections=10"], &[]),
        (&[("max-requests", "0")], &[], &[]),
    ];
    check(Product::Contour, "projectcontour.io/", cases);
}

#[test]
fn what_makes_no_sense_is_said_or_left_to_our_parser() {
    let cases: &[Case] = &[
        (&[("max-requests", "")], &["max-requests="], &[]),
        (&[("max-requests", "-1")], &["max-requests=-1"], &[]),
        (&[("max-requests", "99999999999999999999")], &["max-requests=99999999999999999999"], &[]),
        (
            &[("upstream-protocol.h2c", " ,")],
            &[],
            &["error: [projectcontour.io/upstream-protocol.h2c]: \",\": an empty list; expected names or numbers of \
               ports (it is ignored)"],
        ),
        (
            &[("upstream-protocol.h2", "443")],
            &[],
            &[
                "warning: [projectcontour.io/upstream-protocol.h2]: \"443\": TLS to pods isn't supported (it is ignored)",
            ],
        ),
        (
            &[("upstream-protocol.tls", "443")],
            &[],
            &[
                "warning: [projectcontour.io/upstream-protocol.tls]: \"443\": TLS to pods isn't supported (it is ignored)",
            ],
        ),
        (
            &[("upstream-protocol.H2C", "80")],
            &[],
            &["warning: [projectcontour.io/upstream-protocol.H2C]: \"80\": not supported; did you mean \
               projectcontour.io/upstream-protocol.h2c? (it is ignored)"],
        ),
        (
            &[("num-retries", "1")],
            &[],
            &["warning: [projectcontour.io/num-retries]: \"1\": not supported; did you mean \
                 projectcontour.io/max-retries? \
               (it is ignored)"],
        ),
        (
            &[("websocket-routes", "/")],
            &[],
            &["warning: [projectcontour.io/websocket-routes]: \"/\": not read (it is ignored)"],
        ),
    ];
    check(Product::Contour, "projectcontour.io/", cases);
}
