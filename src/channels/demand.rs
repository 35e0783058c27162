//! What gRPC clients want by name, so that it is rendered for them.
//!
//! ```text
//! stream ── StreamDemand, given back when it ends ──▶ counted ── what is newly wanted, or no longer ──▶ DemandReader   the pipeline
//!   ▲                                                                                               │
//!   └───────────────────────────── all up to here is published ──────────────────────────────────┘
//! ```
//!
//! A stream waits with its responses until what it wants has been looked for. Else a client that comes back from another
//! replica would be told, by an answer without it, that what it holds is deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;
use tokio::sync::{Notify, watch};

use crate::xds::{Name, ResourceType};

/// How many names of a type a stream may want. A client wants one or two for each Service that it calls; and each is
/// rendered, which costs more than to remember it.
const MAX_NAMES: usize = 1 << 14;

/// A client wants more names than are rendered for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("more than {MAX_NAMES} names of one type")]
pub struct TooManyNames;

/// What somebody wants that nobody wanted before, or what nobody wants any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DemandChange {
    /// The type.
    pub resource_type: ResourceType,
    /// The name, as clients write it.
    pub name: Name,
    /// Whether anybody wants it now.
    pub in_demand: bool,
}

/// The half that clients' wishes go into; the server has it.
#[derive(Debug, Clone)]
pub struct Demand {
    shared: Arc<Shared>,
    rendered: watch::Receiver<u64>,
}

/// The half that they come out of; the pipeline has it. When it is gone, nobody waits for anything any more.
#[derive(Debug)]
pub struct DemandReader {
    shared: Arc<Shared>,
    rendered: watch::Sender<u64>,
}

/// What one stream wants. Given back when this is dropped.
#[derive(Debug)]
pub struct StreamDemand {
    wants: Demand,
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
    /// How many streams want each name.
    counts: BTreeMap<(ResourceType, Name), usize>,
    /// What began or ceased to be wanted since it was last asked.
    touched: BTreeSet<(ResourceType, Name)>,
    /// How often anything did.
    step: u64,
}

/// The two halves, of no wishes.
pub fn demand_channel() -> (Demand, DemandReader) {
    let shared = Arc::<Shared>::default();
    let (sender, receiver) = watch::channel(0);
    (Demand { shared: Arc::clone(&shared), rendered: receiver }, DemandReader { shared, rendered: sender })
}

impl Demand {
    /// The wishes of a stream, which has none yet.
    pub fn stream(&self) -> StreamDemand {
        StreamDemand { wants: self.clone(), names: Default::default(), step: 0 }
    }
}

impl StreamDemand {
    /// The stream wants these names of this type, which are in order, and no others. Says whether that is anything new, and
    /// so to be waited for.
    pub fn set(&mut self, resource_type: ResourceType, names: &[Name]) -> Result<bool, TooManyNames> {
        let Some(old) = self.names.get_mut(resource_type.index()) else { return Ok(false) };
        if **old == *names {
            return Ok(false);
        }
        if names.len() > MAX_NAMES {
            return Err(TooManyNames);
        }
        let old = std::mem::replace(old, names.into());
        self.step = self.wants.shared.exchange(resource_type, &old, names);
        Ok(true)
    }

    /// Returns when all that it wants is published, as far as it exists. Cancel-safe.
    pub async fn rendered(&mut self) {
        let step = self.step;
        // An error says that nothing will be rendered any more.
        let _ = self.wants.rendered.wait_for(|rendered| *rendered >= step).await;
    }
}

impl Drop for StreamDemand {
    fn drop(&mut self) {
        for resource_type in ResourceType::ALL {
            let names = self.names.get_mut(resource_type.index()).map(std::mem::take).unwrap_or_default();
            if !names.is_empty() {
                self.wants.shared.exchange(resource_type, &names, &[]);
            }
        }
    }
}

impl Shared {
    /// A stream that wanted the old names wants the new ones instead; both are in order. Returns the step with which all
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
    /// Returns when somebody may want something else than when [`Self::take`] was last called. Cancel-safe.
    pub async fn changed(&self) {
        self.shared.changed.notified().await;
    }

    /// What began or ceased to be wanted since the last call, and the step with which that is [rendered](Self::settle).
    pub fn take(&self) -> (Vec<DemandChange>, u64) {
        let mut state = self.shared.state();
        let touched = std::mem::take(&mut state.touched);
        let wish = |entry: (ResourceType, Name)| {
            let in_demand = state.counts.contains_key(&entry);
            let (resource_type, name) = entry;
            DemandChange { resource_type, name, in_demand }
        };
        (touched.into_iter().map(wish).collect(), state.step)
    }

    /// What was wanted up to this step is published, as far as it exists: those who wait for it go on.
    pub fn mark_rendered(&self, step: u64) {
        self.rendered.send_if_modified(|rendered| std::mem::replace(rendered, step) != step);
    }
}

#[cfg(test)]
mod tests;
