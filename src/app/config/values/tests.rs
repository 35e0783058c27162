use super::*;

#[test]
fn addresses() {
    for good in ["0.0.0.0:18000", "[::1]:1", "127.0.0.1:0"] {
        assert_eq!(good.parse::<ListenAddress>().unwrap().0.to_string(), good);
    }
    for bad in ["", "18000", ":18000", "localhost:18000", "0.0.0.0", "0.0.0.0:65536", "0.0.0.0:-1", "::1:80"] {
        assert!(bad.parse::<ListenAddress>().is_err(), "{bad}");
    }
}

#[test]
fn an_envoy_needs_a_port() {
    assert_eq!("[::]:10000".parse::<EnvoyAddress>().unwrap().0.to_string(), "[::]:10000");
    for bad in ["0.0.0.0:0", "0.0.0.0", "here"] {
        assert!(bad.parse::<EnvoyAddress>().is_err(), "{bad}");
    }
}

#[test]
fn durations() {
    let ms = |text: &str| text.parse::<GracePeriod>().ok().map(|GracePeriod(period)| period.as_millis());
    assert_eq!(ms("250ms"), Some(250));
    assert_eq!(ms("1.5s"), Some(1500));
    assert_eq!(ms("2m"), Some(120_000));
    assert_eq!(ms("1h"), Some(3_600_000));
    assert_eq!(ms("0s"), Some(0));
    for bad in ["", "10", "s", "-1s", "1 s", "1d", "1s2m", "infs", "nans", "1e3s", "99999999999999999999999h"] {
        assert_eq!(ms(bad), None, "{bad}");
    }
}

#[test]
fn connection_ages() {
    let seconds =
        |text: &str| text.parse::<ConnectionAge>().ok().map(|ConnectionAge(age)| age.map(|age| age.as_secs()));
    assert_eq!(seconds("off"), Some(None));
    assert_eq!(seconds("30m"), Some(Some(1800)));
    assert_eq!(seconds("1s"), Some(Some(1)));
    for bad in ["", "0s", "999ms", "Off", "none", "10", "-1m", "9000h", "99999999999999999999999h"] {
        assert_eq!(seconds(bad), None, "{bad}");
    }
}

#[test]
fn listener_names() {
    for good in ["http", "edge-1", "a.b_c"] {
        assert_eq!(good.parse::<ListenerName>().unwrap().0, good);
    }
    for bad in ["", "two words", "a/b", "größe", &"a".repeat(64)] {
        assert!(bad.parse::<ListenerName>().is_err(), "{bad}");
    }
}

#[test]
fn trusted_hops() {
    assert_eq!(TrustedHops::try_from(100), Ok(TrustedHops(100)));
    for bad in [-1, 101, i64::MAX] {
        let error = TrustedHops::try_from(bad).unwrap_err();
        assert_eq!(error, format!("\"{bad}\": not a number of proxies; expected 0 to 100"));
    }
}

#[test]
fn dns_names() {
    let name = |text: &str| text.parse::<DnsName>().ok().map(|DnsName(name)| name);
    assert_eq!(name("cluster.local"), Some("cluster.local".to_owned()));
    assert_eq!(name("cluster.local."), Some("cluster.local".to_owned()));
    assert_eq!(name("k8s"), Some("k8s".to_owned()));
    for bad in
        ["", ".", "a..b", ".a", "A.b", "a_b", "-a", "a-", "ä.b", &"a".repeat(64), &["a"; 127].join(".").repeat(2)]
    {
        assert_eq!(name(bad), None, "{bad}");
    }
}
