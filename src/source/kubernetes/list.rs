//! One complete list of every kind.

use futures::stream::{BoxStream, StreamExt};

use crate::model::{Event, Kind};
use crate::source::Notice;

/// Why there is no complete list: the API server can't be reached, or refuses us something.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ListError(String);

/// All that there is, as far as it may be read.
#[derive(Debug)]
pub struct List {
    /// A complete list of every kind.
    pub events: Vec<Event>,
    /// Of which kinds some may not be read, and why. There is service without.
    pub denied: Vec<(Kind, String)>,
}

/// What a source says until every kind is listed. The first trouble ends it.
pub(super) async fn list(mut notices: BoxStream<'static, Notice>) -> Result<List, ListError> {
    let mut unlisted = Vec::from(Kind::ALL);
    let mut events = Vec::new();
    let mut denied = Vec::new();
    while let Some(notice) = notices.next().await {
        match notice {
            Notice::Event { at: _, event } => {
                if let Event::InitDone(listed) = event {
                    unlisted.retain(|kind| *kind != listed);
                }
                events.push(event);
            }
            Notice::InTouch => {}
            Notice::Denied { kind, what: _, error } => denied.extend(error.map(|error| (kind, error))),
            Notice::Outage { error } => return Err(ListError(error)),
        }
        if unlisted.is_empty() {
            break;
        }
    }
    Ok(List { events, denied })
}

#[cfg(test)]
mod tests;
