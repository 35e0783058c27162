use super::*;
use Protocol::{Auto, Grpc, Http1, Http2, Tcp, Tls};

/// The defaults (gRPC, HTTP) of ports with these numbers, protocols, and whether they say so.
fn defaults(ports: &[(u16, Protocol, bool)]) -> (Option<u16>, Option<u16>) {
    let claims: Vec<_> = ports.iter().map(|&(number, protocol, is_said)| Claim { number, protocol, is_said }).collect();
    let Defaults { grpc, http } = Defaults::of(&claims);
    (grpc, http)
}

#[test]
fn the_only_port_is_both_defaults_unless_it_is_tls_or_tcp() {
    for protocol in [Grpc, Http2, Http1, Auto] {
        assert_eq!(defaults(&[(8080, protocol, true)]), (Some(8080), Some(8080)), "{protocol:?}");
    }
    assert_eq!(
        defaults(&[(8080, Http2, false)]),
        (Some(8080), Some(8080)),
        "a guess is as good where there is one port"
    );
    assert_eq!(defaults(&[(80, Tls, true)]), (None, None));
    assert_eq!(defaults(&[(6379, Tcp, true)]), (None, None));
    assert_eq!(defaults(&[]), (None, None));
}

#[test]
fn only_what_says_so_is_a_default() {
    type Case<'a> = (&'a [(u16, Protocol, bool)], (Option<u16>, Option<u16>));
    let cases: &[Case<'_>] = &[
        // gRPC beside metrics: metrics are nobody's default.
        (&[(9090, Http2, false), (50051, Grpc, true)], (Some(50051), None)),
        (&[(80, Http1, true), (9090, Http2, false)], (None, Some(80))),
        (&[(80, Http1, true), (443, Tls, true)], (None, Some(80))),
        (&[(443, Tls, true), (9090, Http2, false)], (None, None)),
        (&[(80, Http1, true), (50051, Grpc, true)], (Some(50051), Some(80))),
        (&[(8080, Http1, true), (50051, Grpc, true)], (Some(50051), Some(8080))),
        (&[(8080, Http1, true), (8081, Http1, true)], (None, None)),
        (&[(50051, Grpc, true), (50052, Grpc, true)], (None, None)),
        // Two that say gRPC don't make a third one the default.
        (&[(50051, Grpc, true), (50052, Grpc, true), (81, Http2, true)], (None, None)),
        (&[(81, Http2, true), (50051, Grpc, true)], (Some(50051), None)),
        (&[(81, Http2, true), (9090, Http2, false)], (Some(81), None)),
        // Port 80 needs no name.
        (&[(80, Http2, false), (9090, Http2, false)], (None, Some(80))),
        (&[(80, Auto, true), (8080, Http1, true)], (None, Some(80))),
        // … unless it says that it is for something else.
        (&[(80, Grpc, true), (8080, Http1, true)], (Some(80), Some(8080))),
        (&[(80, Grpc, true), (9090, Http2, false)], (Some(80), Some(80))),
        (&[(80, Tls, true), (8080, Http1, true)], (None, Some(8080))),
        (&[(80, Tcp, true), (8080, Http2, false)], (None, None)),
    ];
    for (ports, expected) in cases {
        assert_eq!(defaults(ports), *expected, "{ports:?}");
        let reversed: Vec<_> = ports.iter().rev().copied().collect();
        assert_eq!(defaults(&reversed), *expected, "the order of ports makes no difference: {ports:?}");
    }
}

#[test]
fn where_one_is_missing_the_other_has_all() {
    let both = Defaults { grpc: Some(1), http: Some(2) };
    assert_eq!([1, 2, 3].map(|port| both.requests(port)), [Some(Requests::Grpc), Some(Requests::Other), None]);
    let same = Defaults { grpc: Some(1), http: Some(1) };
    assert_eq!(same.requests(1), Some(Requests::All));
    assert_eq!(Defaults { grpc: Some(1), http: None }.requests(1), Some(Requests::All));
    assert_eq!(Defaults { grpc: None, http: Some(2) }.requests(2), Some(Requests::All));
    assert!(Defaults::default().are_missing());
}
