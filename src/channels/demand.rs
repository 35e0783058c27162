//! The names that gRPC clients subscribe to, from the server to the pipeline, which renders these and no others.
//!
//! ```text
//! stream ── StreamDemand, withdrawn when it ends ──▶ counted ── names newly in demand, or no longer ──▶ DemandReader
//!   ▲                                                                                                  │ the pipeline
//!   └──────────────────────────── all up to here is rendered and published ────────────────────────────┘
//! ```
//!
//! A stream holds back its responses until the names of its client are rendered, as far as they exist. Else a client that
//! reconnects from another replica would be told, by a response without them, that what it holds is deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::{Notify, watch};

use crate::xds::{Name, ResourceType};

/// How many names of a type a stream may demand. A client needs one or two for each Service that it calls; and each is
/// rendered, which costs more than to remember it.
const MAX_NAMES: usize = 1 << 14;

/// A stream demands more names than are rendered for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("more than {MAX_NAMES} names of one type")]
pub struct TooManyNamesError;

/// A name that is in demand and wasn't before, or no longer is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DemandChange {
    /// The type.
    pub resource_type: ResourceType,
    /// The name, as clients write it.
    pub name: Name,
    /// Whether any stream demands it now.
    pub in_demand: bool,
}

/// The half of the server, which the streams' demand goes into.
#[derive(Debug, Clone)]
pub struct Demand {
    shared: Arc<Shared>,
    rendered: watch::Receiver<u64>,
}

/// The half of the pipeline, which the changes come out of. When it is gone, no stream waits any more.
#[derive(Debug)]
pub struct DemandReader {
    shared: Arc<Shared>,
    rendered: watch::Sender<u64>,
}

/// The demand of one stream. Withdrawn when this is dropped.
#[derive(Debug)]
pub struct StreamDemand {
    demand: Demand,
    names: [Box<[Name]>; ResourceType::COUNT],
    /// What has to be rendered before the stream may go on.
    step: u64,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many streams demand each name.
    counts: BTreeMap<(ResourceType, Name), usize>,
    /// The names that came into demand, or fell out of it, since the last [`DemandReader::take`].
    touched: BTreeSet<(ResourceType, Name)>,
    /// How often any name did.
    step: u64,
}

/// The two halves, without demand.
pub fn demand_channel() -> (Demand, DemandReader) {
    let shared = Arc::<Shared>::default();
    let (sender, receiver) = watch::channel(0);
    (Demand { shared: Arc::clone(&shared), rendered: receiver }, DemandReader { shared, rendered: sender })
}

impl Demand {
    /// The demand of one more stream; none yet.
    pub fn stream(&self) -> StreamDemand {
        StreamDemand { demand: self.clone(), names: Default::default(), step: 0 }
    }
}

impl StreamDemand {
    /// The stream demands these names of this type, which are in order, and no others. Returns whether that is a change, and
    /// so to be waited for.
    pub fn set(&mut self, resource_type: ResourceType, names: &[Name]) -> Result<bool, TooManyNamesError> {
        let Some(old) = self.names.get_mut(resource_type.index()) else { return Ok(false) };
        if **old == *names {
            return Ok(false);
        }
        if names.len() > MAX_NAMES {
            return Err(TooManyNamesError);
        }
        let old = std::mem::replace(old, names.into());
        self.step = self.demand.shared.exchange(resource_type, &old, names);
        Ok(true)
    }

    /// Returns when all its names are rendered and published, as far as they exist. Cancel-safe.
    pub async fn rendered(&mut self) {
        let step = self.step;
        // An error says that nothing will be rendered any more.
        let _ = self.demand.rendered.wait_for(|rendered| *rendered >= step).await;
    }
}

impl Drop for StreamDemand {
    fn drop(&mut self) {
        for resource_type in ResourceType::ALL {
            let names = self.names.get_mut(resource_type.index()).map(std::mem::take).unwrap_or_default();
            if !names.is_empty() {
                self.demand.shared.exchange(resource_type, &names, &[]);
            }
        }
    }
}

impl Shared {
    /// A stream that demanded the old names demands the new ones instead; both are in order. Returns the step with which all
    /// of these will be rendered.
    fn exchange(&self, resource_type: ResourceType, old: &[Name], new: &[Name]) -> u64 {
        let mut state = self.state();
        let State { counts, touched, step } = &mut *state;
        let before = touched.len();
        for name in new.iter().filter(|name| old.binary_search(name).is_err()) {
            let entry = (resource_type, Name::clone(name));
            let count = counts.entry(entry.clone()).or_default();
            *count += 1;
            if *count == 1 {
                touched.insert(entry);
            }
        }
        for name in old.iter().filter(|name| new.binary_search(name).is_err()) {
            let entry = (resource_type, Name::clone(name));
            let Some(count) = counts.get_mut(&entry) else { continue };
            *count -= 1;
            if *count == 0 {
                counts.remove(&entry);
                touched.insert(entry);
            }
        }
        if touched.len() > before {
            *step += 1;
            self.changed.notify_one();
        }
        *step
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DemandReader {
    /// Returns when the demand may have changed since [`Self::take`] was last called. Cancel-safe.
    pub async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    /// The changes since the last call, and the step to [mark as rendered](Self::mark_rendered) with them.
    pub fn take(&self) -> (Vec<DemandChange>, u64) {
        let mut state = self.shared.state();
        let touched = std::mem::take(&mut state.touched);
        let change = |entry: (ResourceType, Name)| {
            let in_demand = state.counts.contains_key(&entry);
            let (resource_type, name) = entry;
            DemandChange { resource_type, name, in_demand }
        };
        (touched.into_iter().map(change).collect(), state.step)
    }

    /// All demand up to this step is rendered and published, as far as it exists: the streams that wait for it go on.
    pub fn mark_rendered(&self, step: u64) {
        self.rendered.send_if_modified(|rendered| std::mem::replace(rendered, step) != step);
    }
}

#[cfg(test)]
mod tests;
