//! After the story: what to try, and a line whenever it has an effect.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio::time::interval;

use super::load::Record;
use super::screen::Screen;
use super::world::World;

/// How often the demo looks at where requests go.
const LOOK: Duration = Duration::from_millis(500);

/// Says what to try.
pub fn invite(world: &World, program: &Path, screen: &mut Screen<'_>) -> std::io::Result<()> {
    let addresses = world.control_plane.addresses();
    screen.heading("Try", "It all stays up until Ctrl-C. Meanwhile:")?;
    screen.text("Edit the EndpointSlice, and see below what it does to requests:")?;
    screen.verbatim(&format!("  {}", world.cart.manifests().endpoints_file().display()))?;
    screen.text("Make some calls of your own:")?;
    screen.verbatim(&format!("  {} demo call --envoy-address {}", shown(program), addresses.envoy))?;
    screen.text("See what Chancery and Envoy know:")?;
    screen.verbatim(&format!("  curl 'http://{}/config_dump?fleet=demo'", addresses.admin))?;
    screen.verbatim(&format!("  curl http://{}/metrics", addresses.admin))?;
    screen.verbatim(&format!("  curl http://{}/clusters", world.envoy.admin()))?;
    screen.text("")
}

/// Watches for ever. An error only when nobody reads the output.
pub async fn watch(world: &World, screen: &mut Screen<'_>) -> std::io::Result<()> {
    let began = Instant::now();
    let mut ticks = interval(LOOK);
    ticks.tick().await;
    let mut before = String::new();
    loop {
        let since = Instant::now();
        ticks.tick().await;
        let now = summary(&world.load.record(), since);
        if now != before {
            screen.text(&format!("{:>7}  {now}", format!("{} s", began.elapsed().as_secs())))?;
            before = now;
        }
        world.load.forget(since);
    }
}

/// Where requests went, and whether any failed.
fn summary(record: &Record, since: Instant) -> String {
    let spread = record.spread(since);
    let mut pods: Vec<_> = spread.keys().map(AsRef::as_ref).collect();
    pods.sort_by_key(|pod: &&str| (pod.len(), *pod));
    let to = if pods.is_empty() { "no pod".to_owned() } else { pods.join(", ") };
    match record.failures(since).next() {
        None => format!("Requests go to {to}."),
        Some(status) => format!("Requests go to {to}; some fail with {status}."),
    }
}

/// The program as one would type it here.
fn shown(program: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    program.strip_prefix(here).unwrap_or(program).display().to_string()
}
