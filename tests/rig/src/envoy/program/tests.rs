use super::*;

fn version(major: u32, minor: u32, patch: u32) -> Version {
    Version { major, minor, patch }
}

#[test]
fn versions_are_read_as_envoy_prints_them() {
    let release = "\nenvoy  version: 9e5580933739775e8bce696a57a2e1bc99368f23/1.40.2/Clean/RELEASE/BoringSSL\n\n";
    assert_eq!(Version::find(release), Some(version(1, 40, 2)));
    let between = "envoy  version: 9e55/1.41.0-dev/Modified/DEBUG/BoringSSL-FIPS";
    assert_eq!(Version::find(between), Some(version(1, 41, 0)));
    assert_eq!(Version::find("envoy 1.40.2"), None);
    assert_eq!(Version::find("version: 9e55/1.40/Clean"), None);
    assert!(version(1, 9, 9) < OLDEST && OLDEST < version(1, 100, 0));
}

#[test]
fn what_is_old_or_something_else_or_absent_is_refused() {
    let path = Path::new("/opt/envoy");
    let refusal = |says| Program::judge(path, says).unwrap_err().to_string();
    let old = refusal("envoy  version: 9e55/1.35.9/Clean/RELEASE/BoringSSL");
    assert!(old.starts_with("/opt/envoy is Envoy 1.35.9; expected 1.36.0 or newer"), "{old}");
    assert_eq!(refusal("hello\nthere\n"), "/opt/envoy is no Envoy: `--version` says \"hello\"");
    let absent = Program::find(Some(Path::new("/absent/envoy"))).unwrap_err().to_string();
    assert!(absent.starts_with("can't run /absent/envoy: give --envoy PATH"), "{absent}");
}
