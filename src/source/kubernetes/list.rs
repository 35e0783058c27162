//! Lists every kind once.

use futures::stream::{BoxStream, StreamExt};

use crate::model::{Event, Kind};
use crate::source::Notice;

/// Why there is no complete list: the API server can't be reached, or forbids something.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ListError(String);

/// All objects, as far as they may be read.
#[derive(Debug)]
pub struct List {
    /// A complete list of every kind.
    pub events: Vec<Event>,
    /// The kinds of which some may not be read, and why. Services are served without them.
    pub denied: Vec<(Kind, String)>,
}

/// Collects the notices of a source until every kind is listed. The first outage ends it.
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
            Notice::UpToDate | Notice::Allowed { what: _ } => {}
            Notice::Denied { kind, what: _, error } => denied.push((kind, error)),
            Notice::Outage { error } => return Err(ListError(error)),
        }
        if unlisted.is_empty() {
            break;
        }
    }
    Ok(List { events, denied })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures::stream;

    use super::*;

    fn notice(event: Event) -> Notice {
        Notice::Event { at: Instant::now(), event }
    }

    fn listed(kind: Kind) -> [Notice; 2] {
        [notice(Event::Init(kind)), notice(Event::InitDone(kind))]
    }

    #[tokio::test]
    async fn it_ends_when_every_kind_is_listed() {
        let notices: Vec<_> = Kind::ALL.into_iter().flat_map(listed).chain([Notice::UpToDate]).collect();
        // A source never ends by itself.
        let list = list(stream::iter(notices).chain(stream::pending()).boxed()).await.unwrap();
        assert_eq!((list.events.len(), list.denied.len()), (2 * Kind::COUNT, 0));
    }

    #[tokio::test]
    async fn the_first_outage_ends_it() {
        let outage = Notice::Outage { error: "not allowed to list pods".to_owned() };
        let notices = listed(Kind::Service).into_iter().chain([outage]).collect::<Vec<_>>();
        let error = list(stream::iter(notices).chain(stream::pending()).boxed()).await.unwrap_err();
        assert_eq!(error.to_string(), "not allowed to list pods");
    }

    #[tokio::test]
    async fn what_there_is_service_without_may_be_denied() {
        let error = "not allowed to list pods".to_owned();
        let denied = Notice::Denied { kind: Kind::Pod, what: "pods".to_owned(), error };
        let notices: Vec<_> = [denied].into_iter().chain(Kind::ALL.into_iter().flat_map(listed)).collect();
        let list = list(stream::iter(notices).chain(stream::pending()).boxed()).await.unwrap();
        assert_eq!(list.denied, [(Kind::Pod, "not allowed to list pods".to_owned())]);
    }
}
