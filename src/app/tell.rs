//! Tells the owners of objects what is wrong with them, as far as the pipeline and the clients found it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::cache::{Clients, StatusReader, refused};
use crate::server::Streams;
use crate::source::kubernetes::{EventWriter, Teller};
use crate::telemetry::Metrics;

/// How long changes are collected: there may be many, each costs what there is to tell, and people read it.
const PAUSE: Duration = Duration::from_millis(500);

/// Tells what is new whenever something is, until both the pipeline and the server are gone.
pub(super) async fn tell(
    (teller, writer): (Teller, EventWriter),
    status: StatusReader,
    streams: Streams,
    metrics: Arc<Metrics>,
) {
    let write = writer.run(|reason, outcome| metrics.event(reason, outcome.as_str()));
    tokio::join!(follow(teller, status, streams), write);
}

async fn follow(mut teller: Teller, mut status: StatusReader, streams: Streams) {
    let mut refusals = streams.watch_refusals();
    loop {
        refusals.mark_unchanged();
        let found = status.latest().rejected;
        teller.tell(found.iter().chain(&refused(streams.refusals())));
        tokio::select! {
            true = status.changed() => {}
            Ok(()) = refusals.changed() => {}
            else => return,
        }
        sleep(PAUSE).await;
    }
}
