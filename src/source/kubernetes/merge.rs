//! All watches and the probe, as one source.

use std::collections::BTreeMap;
use std::time::Instant;

use tracing::debug;

use super::follow::Said;
use super::lists::Lists;
use super::probe::Probed;
use super::touch::Touch;
use super::trouble::{self, Cause, Trouble};
use super::watch::Watch;
use crate::model::{Event, Kind};
use crate::source::Notice;

/// What one of our streams has to say.
#[derive(Debug)]
pub(super) enum Heard {
    /// A watch has something to say.
    Watch {
        /// Which one.
        watch: Watch,
        /// When.
        at: Instant,
        /// What, of its own objects.
        said: Said,
    },
    /// The API server was asked whether it answers.
    Probe(Probed),
}

/// Makes notices of what is heard.
#[derive(Debug)]
pub(super) struct Merge {
    server: String,
    lists: BTreeMap<Kind, Lists>,
    touch: Touch,
}

impl Merge {
    /// Nothing heard yet of these watches on this server.
    pub(super) fn new(server: &str, watches: Vec<Watch>) -> Self {
        let lists = Kind::ALL
            .into_iter()
            .map(|kind| (kind, Lists::new(kind, watches.iter().filter(|watch| watch.kind == kind).cloned())))
            .collect();
        Self { server: server.to_owned(), lists, touch: Touch::new(watches) }
    }

    /// What there is to say now.
    pub(super) fn hear(&mut self, heard: Heard) -> Vec<Notice> {
        match heard {
            Heard::Watch { watch, at, said } => match said {
                Said::Listing => {
                    self.touch.listing(&watch);
                    Vec::new()
                }
                Said::Following => self.touch.following(&watch),
                Said::Event(event) => self.events(&watch, at, event),
                Said::Failed(trouble) => self.failed(&watch, at, &trouble),
            },
            Heard::Probe(probed) => self.probed(&probed).into_iter().collect(),
        }
    }

    fn events(&mut self, watch: &Watch, at: Instant, event: Event) -> Vec<Notice> {
        let events = self.lists.get_mut(&watch.kind).map(|lists| lists.hear(watch, event)).unwrap_or_default();
        events.into_iter().map(|event| Notice::Event { at, event }).collect()
    }

    fn failed(&mut self, watch: &Watch, at: Instant, trouble: &Trouble) -> Vec<Notice> {
        let server = &self.server;
        debug!(%watch, error = trouble.describe(server, watch), "A watch has failed");
        if !(watch.is_optional() && trouble.is_denial()) {
            let said = self.touch.failed(watch, trouble.cause(watch), || trouble.describe(server, watch));
            return said.into_iter().collect();
        }
        let listed = self.lists.get(&watch.kind).is_some_and(|lists| lists.has_listed(watch));
        let meanwhile = match (listed, watch.kind) {
            (true, _) => "what was read of them before stays in force",
            (false, Kind::Namespace) => "no annotation of a Namespace has effect",
            (false, _) => "no weight of a Pod has effect",
        };
        let mut notices = self.touch.denied(watch, || format!("{}; {meanwhile}", trouble.describe(server, watch)));
        // An API server that doesn't know our rights yet denies everything; one that lets us list Services knows them.
        let known = [Kind::Service, Kind::EndpointSlice]
            .iter()
            .all(|kind| self.lists.get(kind).is_some_and(Lists::is_complete));
        if known && !listed && self.touch.is_denied(watch) {
            let empty = [Event::Init(watch.kind), Event::InitDone(watch.kind)];
            notices.extend(empty.into_iter().flat_map(|event| self.events(watch, at, event)));
        }
        notices
    }

    fn probed(&mut self, probed: &Probed) -> Option<Notice> {
        let server = &self.server;
        match probed {
            Probed::Well => self.touch.answered(),
            Probed::WentBack { from, to } => self.touch.went_back(|| trouble::went_back(server, *from, *to)),
            Probed::Failed(kube::Error::Api(status)) => {
                self.touch.unanswered(Cause::of(status, String::new), || trouble::not_ready(server, status))
            }
            Probed::Failed(error) => self.touch.unanswered(Cause::Server, || trouble::of_connection(server, error)),
        }
    }
}

#[cfg(test)]
mod tests;
