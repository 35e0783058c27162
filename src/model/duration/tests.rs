use std::time::Duration;

use super::{parse, show};

#[test]
fn a_number_and_a_unit() {
    let cases = [
        ("250ms", 250),
        ("1.5s", 1500),
        ("2m", 120_000),
        ("1h", 3_600_000),
        ("0s", 0),
        ("0.5m", 30_000),
        ("007s", 7000),
        ("0.001s", 1),
    ];
    for (text, millis) in cases {
        assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
    }
    assert_eq!(parse("0.0000000019s"), Ok(Duration::from_nanos(1)));
    assert_eq!(parse("0.00000000000000000000001h"), Ok(Duration::ZERO));
}

#[test]
fn anything_else_is_refused() {
    let not = "not a duration";
    let long = "9".repeat(10_000);
    let cases = [
        ("", not),
        ("s", not),
        ("5", "without a unit"),
        ("5.5", "without a unit"),
        ("-5s", not),
        ("+5s", not),
        ("5 s", not),
        ("5S", not),
        ("5sec", not),
        ("5d", not),
        ("1m30s", not),
        ("1.2.3s", not),
        (".5s", not),
        ("5.s", not),
        ("1e3s", not),
        ("infs", not),
        ("५s", not),
        ("5µs", not),
        ("99999999999999999999h", "too long"),
        ("18446744073709551615h", "too long"),
    ];
    for (text, why) in cases {
        assert_eq!(parse(text), Err(why), "{text}");
    }
    assert_eq!(parse(&format!("{long}s")), Err("too long"));
}

#[test]
fn it_is_shown_as_it_is_read() {
    for text in ["90s", "2m", "1h", "250ms", "1ms", "25h", "0ms", "1.5ms"] {
        assert_eq!(show(parse(text).unwrap()), text);
    }
    assert_eq!(show(Duration::from_mins(2)), "2m");
}
