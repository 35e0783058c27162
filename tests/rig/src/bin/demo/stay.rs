//! After the story: a line whenever something changes where requests go.

use std::path::Path;
use std::time::{Duration, Instant};

use rig::load::Journal;
use tokio::time::interval;

use crate::screen::Screen;

/// How often the demo looks at where requests go.
const LOOK: Duration = Duration::from_millis(500);

/// Requests through one tier, and the word before the names of its pods: requests go `to` them, or `through` them.
pub type Way<'a> = (&'static str, &'a Journal);

/// Watches for ever. An error only when nobody reads the output.
pub async fn watch(ways: &[Way<'_>], screen: &mut Screen<'_>) -> std::io::Result<()> {
    let began = Instant::now();
    let mut ticks = interval(LOOK);
    ticks.tick().await;
    let mut before = String::new();
    loop {
        let since = Instant::now();
        ticks.tick().await;
        let now = summary(ways, since);
        if now != before {
            screen.text(&format!("{:>7}  {now}", format!("{} s", began.elapsed().as_secs())))?;
            before = now;
        }
        for (_, journal) in ways {
            journal.forget(since);
        }
    }
}

/// Where requests went, and whether any failed.
fn summary(ways: &[Way<'_>], since: Instant) -> String {
    let each = ways.iter().map(|(word, journal)| {
        let spread = journal.record().spread(since);
        let mut pods: Vec<_> = spread.keys().map(AsRef::as_ref).collect();
        pods.sort_by_key(|pod: &&str| (pod.len(), *pod));
        format!("{word} {}", if pods.is_empty() { "no pod".to_owned() } else { pods.join(", ") })
    });
    let taken = each.collect::<Vec<_>>().join(" ");
    // A request that failed is in the journals of all tiers.
    let failure = ways.first().and_then(|(_, journal)| journal.record().failures(since).next().map(str::to_owned));
    match failure {
        None => format!("Requests go {taken}."),
        Some(status) => format!("Requests go {taken}; some fail with {status}."),
    }
}

/// The program as one would type it here.
pub fn shown(program: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    program.strip_prefix(here).unwrap_or(program).display().to_string()
}

#[cfg(test)]
mod tests;
