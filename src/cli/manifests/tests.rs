use super::*;
use crate::model::{Concern, Converted, Key, Kind, ObjectRef, Reason};

fn rejected(object: &ObjectRef, field: &str) -> Rejected {
    Rejected {
        object: object.clone(),
        field: field.to_owned(),
        value: String::new(),
        reason: Reason::InvalidObject,
        message: "bad".to_owned(),
        meanwhile: String::new(),
    }
}

fn found(file: &str, line: u32, served: bool, id: &ObjectRef, wrong: &[(&str, u32)]) -> Found {
    let (fields, lines): (Vec<&str>, Vec<u32>) = wrong.iter().copied().unzip();
    let rejected = fields.into_iter().map(|field| rejected(id, field)).collect();
    let converted = Converted { id: id.clone(), object: None, rejected, concern: Concern::Ours };
    Found { file: file.into(), line, served, ours: true, converted, lines }
}

fn places(problems: &[Problem]) -> Vec<(&str, Option<u32>, &str)> {
    problems
        .iter()
        .map(|problem| (problem.file.as_deref().unwrap(), problem.line, problem.rejected.field.as_str()))
        .collect()
}

#[test]
fn every_problem_is_there_once_by_file_and_line() {
    let cart = ObjectRef::service(&Key::new("shop", "cart"));
    let slice = ObjectRef::Object(Kind::EndpointSlice, Key::new("shop", "cart-1"));
    let file = ObjectRef::File("a.yaml".into());
    let objects = [
        found("b.yaml", 1, true, &cart, &[("x", 9), ("w", 10)]),
        found("c.yaml", 1, false, &cart, &[("y", 2)]),
        found("b.yaml", 20, true, &slice, &[]),
    ];
    let wrong = vec![RejectedAt { file: "a.yaml".into(), line: Some(3), rejected: rejected(&file, "line 3") }];
    // What the pipeline repeats, and what only it can know.
    let pipeline =
        [rejected(&cart, "x"), rejected(&cart, "w"), rejected(&file, "line 3"), rejected(&slice, "together")];
    assert_eq!(
        places(&problems(&objects, wrong, &pipeline)),
        [
            ("a.yaml", Some(3), "line 3"),
            ("b.yaml", Some(9), "x"),
            ("b.yaml", Some(10), "w"),
            ("b.yaml", Some(20), "together"),
            ("c.yaml", Some(2), "y"),
        ]
    );
}

#[test]
fn what_only_the_pipeline_knows_is_where_the_object_that_counts_begins() {
    let cart = ObjectRef::service(&Key::new("shop", "cart"));
    let objects = [found("a.yaml", 5, true, &cart, &[]), found("b.yaml", 7, false, &cart, &[])];
    assert_eq!(places(&problems(&objects, Vec::new(), &[rejected(&cart, "x")])), [("a.yaml", Some(5), "x")]);
}

#[test]
fn what_the_pipeline_keeps_to_itself_is_not_told_either() {
    let cart = ObjectRef::service(&Key::new("shop", "cart"));
    let duplicate = |ours| Found { ours, ..found("b.yaml", 7, false, &cart, &[("y", 8)]) };
    let served = || found("a.yaml", 5, true, &cart, &[("x", 6)]);
    assert_eq!(places(&problems(&[served(), duplicate(false)], Vec::new(), &[])), []);
    assert_eq!(places(&problems(&[served(), duplicate(true)], Vec::new(), &[])), [("b.yaml", Some(8), "y")]);
}

#[test]
fn what_is_in_force_meanwhile_is_told_as_the_pipeline_knows_it() {
    let cart = ObjectRef::service(&Key::new("shop", "cart"));
    let better = Rejected { meanwhile: "5 of the Namespace is in force".to_owned(), ..rejected(&cart, "x") };
    let problems = problems(&[found("a.yaml", 5, true, &cart, &[("x", 6)])], Vec::new(), std::slice::from_ref(&better));
    assert_eq!(problems, [Problem { file: Some("a.yaml".into()), line: Some(6), rejected: better }]);
}
