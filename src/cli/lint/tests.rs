use super::*;
use crate::model::{Key, Reason, Rejected};

fn problem(object: ObjectRef, line: Option<u32>, value: &str, reason: Reason, meanwhile: &str) -> Problem {
    Problem {
        file: Some("a.yaml".into()),
        line,
        rejected: Rejected {
            object,
            field: ["spec"].into(),
            value: value.to_owned(),
            reason,
            message: "bad".to_owned(),
            meanwhile: meanwhile.to_owned(),
        },
    }
}

#[test]
fn a_line_says_where_how_bad_and_what() {
    let cart = || ObjectRef::service(&Key::new("shop", "cart"));
    let file = || ObjectRef::File("a.yaml".into());
    for (problem, line) in [
        (
            problem(cart(), Some(3), "x", Reason::InvalidAnnotation, "y stays"),
            "a.yaml:3: error: Service shop/cart: spec: \"x\": bad (y stays)",
        ),
        (problem(cart(), None, "", Reason::UnknownAnnotation, ""), "a.yaml: warning: Service shop/cart: spec: bad"),
        (problem(file(), Some(1), "x", Reason::Unparsable, "y stays"), "a.yaml:1: error: \"x\": bad (y stays)"),
        (problem(file(), None, "", Reason::Unparsable, ""), "a.yaml: error: bad"),
    ] {
        assert_eq!(problem.to_string(), line);
    }
    let in_cluster = Problem { file: None, ..problem(cart(), None, "x", Reason::InvalidAnnotation, "y stays") };
    assert_eq!(in_cluster.to_string(), "error: Service shop/cart: spec: \"x\": bad (y stays)");
}

#[test]
fn errors_fail_and_warnings_do_not() {
    let object = || ObjectRef::File("a.yaml".into());
    let warning = problem(object(), None, "", Reason::UnknownAnnotation, "");
    let error = problem(object(), None, "", Reason::Unparsable, "");
    assert_eq!(exit(&[]), Exit::Ok);
    assert_eq!(exit(std::slice::from_ref(&warning)), Exit::Ok);
    assert_eq!(exit(&[warning.clone(), error.clone()]), Exit::Input);
    assert_eq!(summary(0, &[]), "0 objects: 0 errors, 0 warnings");
    assert_eq!(summary(1, &[warning.clone(), error.clone()]), "1 object: 1 error, 1 warning");
    assert_eq!(summary(2, &[warning.clone(), warning]), "2 objects: 0 errors, 2 warnings");
}
