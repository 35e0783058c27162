use anyhow::anyhow;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("outer: {0}")]
struct Outer(#[source] io::Error);

#[test]
fn an_error_is_one_line_with_its_causes_once() {
    let line = |error: anyhow::Error| Failure::input(error).line();
    assert_eq!(line(anyhow!("inner").context("middle").context("outer")), "outer: middle: inner");
    assert_eq!(line(anyhow!("two\n  lines\n")), "two lines");
    let error = Outer(io::Error::other("disk full"));
    assert_eq!(line(error.into()), "outer: disk full");
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
    assert_eq!(Failure::from(closed()).report(), Exit::Ok);
    assert_eq!(Failure::usage(anyhow::Error::new(closed()).context("deep")).report(), Exit::Ok);
    assert_eq!(Failure::usage(anyhow!("other")).report(), Exit::Usage);
    assert_eq!(Failure::from(io::Error::other("disk full")).report(), Exit::Input);
}
