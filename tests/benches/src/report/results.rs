//! Everything that was saved of the last run of each scenario.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Machine, Saved};
use crate::run::Scenario;
use crate::scenario::{Churned, Measured, Restarted, Started, Written};

/// What there is of each scenario; none if it was never run.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// Of propagation.
    pub propagation: Option<Saved<Measured>>,
    /// Of restarts.
    pub restart: Option<Saved<Restarted>>,
    /// Of churn.
    pub churn: Option<Saved<Churned>>,
    /// Of clients that harm others.
    pub noisy: Option<Saved<Measured>>,
    /// Of many and of large Services.
    pub size: Option<Saved<Measured>>,
    /// Of the start.
    pub start: Option<Saved<Started>>,
    /// Of writes to the Kubernetes API.
    pub kubernetes: Option<Saved<Written>>,
    /// Of the start on it.
    pub start_kubernetes: Option<Saved<Started>>,
}

/// How a scenario was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run<'a> {
    /// The name of the scenario.
    pub name: &'static str,
    /// On what.
    pub machine: &'a Machine,
    /// How many rounds there were.
    pub rounds: u32,
    /// Whether it was only to see that it works.
    pub quick: bool,
    /// Whether it left out servers or numbers of clients.
    pub partial: bool,
}

impl Results {
    /// Reads the files of a directory.
    pub fn read(directory: &Path) -> anyhow::Result<Self> {
        fn read<T: Serialize + DeserializeOwned>(directory: &Path, name: &str) -> anyhow::Result<Option<Saved<T>>> {
            Saved::read(directory, name)
        }
        Ok(Self {
            propagation: read(directory, Scenario::Propagation.name())?,
            restart: read(directory, Scenario::Restart.name())?,
            churn: read(directory, Scenario::Churn.name())?,
            noisy: read(directory, Scenario::Noisy.name())?,
            size: read(directory, Scenario::Size.name())?,
            start: read(directory, Scenario::Start.name())?,
            kubernetes: read(directory, Scenario::Kubernetes.name())?,
            start_kubernetes: read(directory, Scenario::StartKubernetes.name())?,
        })
    }

    /// How each of the scenarios was run of which there is something.
    pub fn runs(&self) -> Vec<Run<'_>> {
        fn run<'a, T>(name: &'static str, saved: Option<&'a Saved<T>>) -> Option<Run<'a>> {
            saved.map(|Saved { machine, rounds, quick, partial, measured: _ }| Run {
                name,
                machine,
                rounds: *rounds,
                quick: *quick,
                partial: *partial,
            })
        }
        let Self { propagation, restart, churn, noisy, size, start, kubernetes, start_kubernetes } = self;
        [
            run(Scenario::Propagation.name(), propagation.as_ref()),
            run(Scenario::Restart.name(), restart.as_ref()),
            run(Scenario::Churn.name(), churn.as_ref()),
            run(Scenario::Noisy.name(), noisy.as_ref()),
            run(Scenario::Size.name(), size.as_ref()),
            run(Scenario::Start.name(), start.as_ref()),
            run(Scenario::Kubernetes.name(), kubernetes.as_ref()),
            run(Scenario::StartKubernetes.name(), start_kubernetes.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
