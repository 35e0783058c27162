//! Serves `/livez` and `/readyz`.

use std::fmt::Write;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;

use super::Admin;
use crate::channels::SourceStatus;
use crate::model::Kind;

/// It runs: whoever asked got this answer.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// Good once every kind has been listed and the first snapshot is out. It stays good when the API server goes away:
/// what was listed is still right more often than nothing is, and a restart would only forget it.
pub(super) async fn readyz(State(mut admin): State<Admin>) -> (StatusCode, String) {
    let status = admin.status.read();
    let published = admin.snapshots.latest().is_some();
    let code =
        if published && status.unlisted().next().is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, explain(code, published, &status, Instant::now()))
}

fn explain(code: StatusCode, published: bool, status: &SourceStatus, now: Instant) -> String {
    let mut text = String::from(if code == StatusCode::OK { "ready\n" } else { "not ready\n" });
    for kind in Kind::ALL {
        let state = if status.listed.contains(&kind) { "listed" } else { "not listed yet" };
        // Writing to a String can't fail.
        let _ = writeln!(text, "{kind}: {state}");
    }
    let _ = writeln!(text, "snapshot: {}", if published { "published" } else { "not published yet" });
    for error in status.denied.values() {
        let _ = writeln!(text, "source: {error}");
    }
    if let Some(lost) = &status.outage {
        let seconds = status.staleness(now).as_secs();
        let _ = writeln!(text, "source: out of touch for {seconds} s: {}", lost.error);
    }
    text
}
