use super::*;

#[test]
fn a_server_is_a_host_and_a_port() {
    for good in ["localhost:1", "chancery.chancery:18000", "10.0.0.1:65535", "[::1]:18000", "a_b:1"] {
        assert_eq!(good.parse::<HostPort>().unwrap().to_string(), good);
    }
    for bad in
        ["", ":1", "localhost", "localhost:", "localhost:0", "localhost:65536", "::1:1", "[x]:1", "a b:1", "[]:1"]
    {
        assert_eq!(bad.parse::<HostPort>(), Err(NotHostPort), "{bad}");
    }
}
