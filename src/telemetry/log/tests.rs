use super::*;

#[test]
fn without_a_filter_info_is_logged() {
    assert_eq!(parse_filter(None).unwrap().max_level_hint(), Some(LevelFilter::INFO));
    assert_eq!(parse_filter(Some("")).unwrap().max_level_hint(), Some(LevelFilter::INFO));
}

#[test]
fn a_filter_is_obeyed() {
    assert_eq!(parse_filter(Some("debug")).unwrap().max_level_hint(), Some(LevelFilter::DEBUG));
    assert_eq!(parse_filter(Some("warn")).unwrap().max_level_hint(), Some(LevelFilter::WARN));
}

#[test]
fn a_bad_filter_names_the_variable_and_the_value() {
    let error = parse_filter(Some("chancery=loud")).unwrap_err().to_string();
    assert!(error.starts_with("RUST_LOG: \"chancery=loud\": "), "{error}");
}

#[test]
fn formats_have_one_word_each() {
    for format in LogFormat::ALL {
        assert_eq!(format.to_string().parse(), Ok(format));
    }
    assert_eq!("xml".parse::<LogFormat>(), Err(UnknownFormat));
}
