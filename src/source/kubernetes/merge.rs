//! All watches and the probe, as one source.

use std::collections::BTreeMap;
use std::time::Instant;

use kube::runtime::watcher;

use super::lists::Lists;
use super::touch::Touch;
use super::trouble;
use super::watch::Watch;
use crate::model::{Event, Kind};
use crate::source::Notice;

/// What one of our streams has to say.
#[derive(Debug)]
pub(super) enum Heard {
    /// A watch has delivered something, or failed.
    Watch {
        /// Which one.
        watch: Watch,
        /// When.
        at: Instant,
        /// What it says of its own objects.
        result: Result<Event, watcher::Error>,
    },
    /// The API server has answered, or not.
    Probe {
        /// When.
        at: Instant,
        /// What was wrong, if it hasn't.
        result: kube::Result<()>,
    },
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
            Heard::Watch { watch, at, result: Ok(event) } => self.hear_event(&watch, at, event),
            // The history that the watch would be resumed from is gone: it lists again, and nothing is wrong.
            Heard::Watch { result: Err(watcher::Error::WatchError(status)), .. } if status.code == 410 => Vec::new(),
            Heard::Watch { watch, at, result: Err(error) } => {
                let error = trouble::of_watch(&self.server, &watch, &error);
                self.touch.failed(&watch, at, error).into_iter().collect()
            }
            Heard::Probe { at, result: Ok(()) } => self.touch.answered(at).into_iter().collect(),
            Heard::Probe { at: _, result: Err(error) } => {
                let error = match &error {
                    kube::Error::Api(status) => trouble::not_ready(&self.server, status),
                    error => trouble::unreachable(&self.server, error),
                };
                self.touch.unanswered(error).into_iter().collect()
            }
        }
    }

    fn hear_event(&mut self, watch: &Watch, at: Instant, event: Event) -> Vec<Notice> {
        match &event {
            Event::Init(_) => self.touch.listing(watch),
            Event::InitApply(_) => {}
            Event::InitDone(_) | Event::Apply(_) | Event::Delete(_) => self.touch.following(watch),
        }
        let events = self.lists.get_mut(&watch.kind).map(|lists| lists.hear(watch, event)).unwrap_or_default();
        events.into_iter().map(|event| Notice::Event { at, event }).collect()
    }
}

#[cfg(test)]
mod tests;
