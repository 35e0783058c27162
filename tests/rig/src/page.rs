//! Files that tests make: golden cases, pages of the documentation.

use std::fs;

/// Whether such files are to be written anew, rather than compared: `UPDATE=1` in the environment.
pub fn is_updated() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Fails the test unless the file has this text. With `UPDATE=1` it is written anew, for which `command` is the rest of the
/// command.
///
/// # Panics
/// When it has another text, or can't be written.
pub fn is_current(file: &str, page: &str, command: &str) {
    if is_updated() {
        fs::write(file, page).expect("the page can be written");
    }
    let written = fs::read_to_string(file).unwrap_or_default();
    let line = page.lines().zip(written.lines()).position(|(new, old)| new != old);
    assert!(page == written, "{file} is stale from line {} on: UPDATE=1 {command}", line.unwrap_or_default() + 1);
}
