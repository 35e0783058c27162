//! Writes Events of what the pipeline and the clients reject.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::channels::{Clients, StatusReader, rejected_by_clients};
use crate::events::{EventSender, EventWriter};
use crate::server::Streams;
use crate::telemetry::Metrics;

/// How long changes are collected: there may be many, each costs as much as there is rejected, and people read the Events.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes Events whenever something new is rejected, until both the pipeline and the server are gone.
pub(super) async fn write_events(
    (sender, writer): (EventSender, EventWriter),
    status: StatusReader,
    streams: Streams,
    metrics: Arc<Metrics>,
) {
    let write = writer.run(|reason, outcome| metrics.event(reason, outcome.as_str()));
    tokio::join!(send_events(sender, status, streams), write);
}

async fn send_events(mut sender: EventSender, mut status: StatusReader, streams: Streams) {
    let mut nacks = streams.watch_nacks();
    loop {
        nacks.mark_unchanged();
        let found = status.latest().rejected;
        sender.send(found.iter().chain(&rejected_by_clients(streams.nacks())));
        tokio::select! {
            true = status.changed() => {}
            Ok(()) = nacks.changed() => {}
            else => return,
        }
        sleep(PAUSE).await;
    }
}
