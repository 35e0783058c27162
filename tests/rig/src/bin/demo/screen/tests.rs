use super::*;

fn shown(colour: bool, show: impl FnOnce(&mut Screen<'_>) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    show(&mut Screen::new(&mut out, colour)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn no_line_is_too_long_and_no_word_lost() {
    let text = "some words of a sentence that goes on ".repeat(20);
    let shown = shown(false, |screen| {
        screen.heading("1 of 4", &text)?;
        screen.doing("pods", "four")?;
        screen.done(Duration::from_millis(123))?;
        screen.text(&text)?;
        screen.spread(&[("cart-1".into(), u64::MAX / 1000), ("cart-2".into(), 1)].into())
    });
    let longest = shown.lines().map(str::len).max();
    assert!(longest <= Some(COLUMNS), "{longest:?}: {shown}");
    assert_eq!(shown.matches("sentence").count(), 40);
    assert!(shown.contains("pods     four"), "{shown}");
}

#[test]
fn bars_are_to_scale_and_pods_in_order() {
    let spread = [("cart-10".into(), 300), ("cart-2".into(), 75), ("cart-9".into(), 0)].into();
    assert_eq!(
        bars(&spread),
        [
            format!("cart-2       75  20.0 %  {}", "#".repeat(10)),
            "cart-9        0   0.0 %  ".to_owned(),
            format!("cart-10     300  80.0 %  {}", "#".repeat(40)),
        ]
    );
    assert_eq!(bars(&BTreeMap::new()), [""; 0]);
}

#[test]
fn colour_only_where_asked_for() {
    assert_eq!(shown(false, |screen| screen.verdict(true, "Result", "good")), "\nResult   good\n");
    assert_eq!(shown(true, |screen| screen.verdict(false, "Result", "bad")), "\n\x1b[31mResult   bad\x1b[0m\n");
}

#[test]
fn times_have_two_digits_or_so() {
    let times = [(812, "0.8 ms"), (6140, "6.1 ms"), (123_000, "123 ms"), (4_200_000, "4.2 s")];
    for (microseconds, expected) in times {
        assert_eq!(time(Duration::from_micros(microseconds)), expected);
    }
}
