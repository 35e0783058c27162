use super::*;

#[test]
fn patterns_are_covered_by_more_general_ones_the_nearest_first() {
    let covering = |pattern| covering(pattern).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(covering("a.b.example"), "*.b.example *.example *");
    assert_eq!(covering("a.b.example:80"), "a.b.example *.b.example:80 *.b.example *.example:80 *.example *");
    assert_eq!(covering("*.b.example"), "*.example *");
    assert_eq!(covering("*.b.example:80"), "*.b.example *.example:80 *.example *");
    assert_eq!(covering("localhost"), "*");
    assert_eq!(covering("[::1]:80"), "[::1] *");
    assert_eq!(covering("*"), "");
}

#[test]
fn a_wildcard_covers_what_ends_like_it_and_is_longer() {
    assert!(
        covers_host("*", "a.example")
            && covers_host("*.example", "a.example")
            && covers_host("*.example", "b.a.example")
    );
    assert!(covers_host("*.example", "*.a.example") && covers_host("a.example", "a.example"));
    assert!(!covers_host("*.example", "example") && !covers_host("*.example", ".example"));
    assert!(!covers_host("*.example", "a.examples") && !covers_host("a.example", "b.example"));
}

#[test]
fn any_port_is_said_as_a_domain_or_as_an_authority() {
    assert_eq!(with_any_port("a.example").as_deref(), Some("a.example:*"));
    assert_eq!(with_any_port("[::1]").as_deref(), Some("[::1]:*"));
    assert_eq!([with_any_port("a.example:80"), with_any_port("*.example"), with_any_port("*")], [None, None, None]);
    assert_eq!(authority("*.example").as_deref(), Some(r"(?i).+\.example:[0-9]+"));
    assert_eq!([authority("*"), authority("a.example")], [None, None]);
}
