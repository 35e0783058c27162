//! Tells the owners of objects what is wrong with them, as far as the pipeline and the clients found it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::channels::{Clients, StatusReader, rejected_by_clients};
use crate::events::{EventSender, EventWriter};
use crate::server::Streams;
use crate::telemetry::Metrics;

/// How long changes are collected: there may be many, each costs what there is to tell, and people read it.
const PAUSE: Duration = Duration::from_millis(500);

/// Tells what is new whenever something is, until both the pipeline and the server are gone.
pub(super) async fn tell(
    (sender, writer): (EventSender, EventWriter),
    status: StatusReader,
    streams: Streams,
    metrics: Arc<Metrics>,
) {
    let write = writer.run(|reason, outcome| metrics.event(reason, outcome.as_str()));
    tokio::join!(follow(sender, status, streams), write);
}

async fn follow(mut sender: EventSender, mut status: StatusReader, streams: Streams) {
    let mut nacks = streams.watch_nacks();
    loop {
        nacks.mark_unchanged();
        let found = status.latest().rejected;
        sender.tell(found.iter().chain(&rejected_by_clients(streams.nacks())));
        tokio::select! {
            true = status.changed() => {}
            Ok(()) = nacks.changed() => {}
            else => return,
        }
        sleep(PAUSE).await;
    }
}
