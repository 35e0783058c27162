use super::timeout_seconds;

#[test]
fn however_many_watches_there_are_they_are_resumed_four_times_in_five_seconds() {
    assert_eq!([1, 4, 8, 40].map(timeout_seconds), [5, 5, 10, 50]);
    // Of 13 namespaces.
    assert_eq!(timeout_seconds(52), 65);
}
