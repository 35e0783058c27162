//! What went wrong, in one line.

use std::error::Error;
use std::io;

use kube::core::Status;
use kube::runtime::watcher;

use super::watch::Watch;
use crate::model::Rejected;

/// What is wrong with a watch. The same trouble with the connection reads the same for every watch.
pub(super) fn of_watch(server: &str, watch: &Watch, error: &watcher::Error) -> String {
    let (verb, error) = match error {
        watcher::Error::InitialListFailed(error) => ("list", error),
        watcher::Error::WatchStartFailed(error) | watcher::Error::WatchFailed(error) => ("watch", error),
        watcher::Error::WatchError(status) => return of_status(server, "watch", &watch.to_string(), status),
        watcher::Error::NoResourceVersion => {
            return format!("the API server {server} lists {watch} without a resourceVersion");
        }
    };
    match error {
        kube::Error::Api(status) => of_status(server, verb, &watch.to_string(), status),
        error => unreachable(server, error),
    }
}

/// The API server can't be reached, or what answers isn't one.
pub(super) fn unreachable(server: &str, error: &(dyn Error + 'static)) -> String {
    format!("the API server {server} can't be reached: {}", root_cause(error))
}

/// The API server said no.
pub(super) fn of_status(server: &str, verb: &str, what: &str, status: &Status) -> String {
    let message = first_line(&status.message);
    match status.code {
        401 => format!("the API server {server} doesn't know us: {message}"),
        403 => format!("not allowed to {verb} {what}: {message}"),
        code => format!("the API server {server} can't {verb} {what}: {message} (HTTP {code})"),
    }
}

/// The API server answers `/readyz`, but isn't ready.
pub(super) fn not_ready(server: &str, status: &Status) -> String {
    if status.code == 401 {
        return of_status(server, "answer", "/readyz", status);
    }
    // It lists its checks, one a line, and marks those that fail.
    let failing: Vec<_> = status.message.lines().filter(|line| line.starts_with("[-]")).collect();
    let message = if failing.is_empty() { status.message.clone() } else { failing.join(", ") };
    format!("the API server {server} isn't ready: {} (HTTP {})", first_line(&message), status.code)
}

/// The innermost cause, which alone tells what to do; what wraps it names layers of libraries.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    // A library's own chain could be circular.
    const DEPTH: usize = 16;
    let causes = || std::iter::successors(Some(error), |&error| error.source()).take(DEPTH);
    let timed_out = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    };
    if causes().any(timed_out) {
        // What is innermost then ("deadline has elapsed") leaves open whose.
        return "no answer in time".to_owned();
    }
    causes().last().map_or_else(String::new, |cause| first_line(&cause.to_string()))
}

/// The first line that says something, of moderate length.
pub(super) fn first_line(text: &str) -> String {
    const MAX: usize = 300;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.len() > MAX { Rejected::shorten(line) } else { line.to_owned() }
}

#[cfg(test)]
mod tests;
