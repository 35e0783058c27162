//! `bench run`: every scenario, round by round.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::load::Variant::{self, Delta, Grpc, Sotw};
use crate::report::{self, Saved};
use crate::scenario::{
    Case, Churned, Measured, Restarted, Started, Writes, Writing, Written, churn, measure, restart, start, start_on,
};
use crate::subject::Kind::{self, Chancery, Linear, Snapshot, Tcp, Tonic};
use crate::subject::{Api, Programs, Server};

/// What is measured, how often, and where the results go.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// What is measured; all if none is named
    #[arg(value_enum)]
    scenarios: Vec<Scenario>,
    /// Only see that it works: one round, few and small cases
    #[arg(long)]
    quick: bool,
    /// Measure only these servers; on the Kubernetes API, `linear` is the one that informers feed
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,
    /// Measure only cases with so many clients
    #[arg(long)]
    clients: Option<usize>,
    /// How often each is measured, in turn with the others
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Where the results are written to [default: bench beside the programs' directory]
    #[arg(long)]
    output: Option<PathBuf>,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// One endpoint changes, at all numbers of clients and names (B1, B7; B4 for the first connection)
    Propagation,
    /// The server is killed, and all clients come back at once (B4)
    Restart,
    /// More and more changes a second (B5)
    Churn,
    /// Some clients read nothing, or ACK without end (B8)
    Noisy,
    /// More and more other Services, larger and larger ones (B6)
    Size,
    /// The start with many Services, and with a large one (B3)
    Start,
    /// A write to a real Kubernetes API, and a server that watches it (B2)
    Kubernetes,
    /// The start with many Services in a real Kubernetes API (B3)
    StartKubernetes,
}

impl Scenario {
    /// All, in the order in which they are run.
    const ALL: [Self; 8] = [
        Self::Propagation,
        Self::Restart,
        Self::Churn,
        Self::Noisy,
        Self::Size,
        Self::Start,
        Self::Kubernetes,
        Self::StartKubernetes,
    ];

    /// The name of its file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Propagation => "propagation",
            Self::Restart => "restart",
            Self::Churn => "churn",
            Self::Noisy => "noisy",
            Self::Size => "size",
            Self::Start => "start",
            Self::Kubernetes => "kubernetes",
            Self::StartKubernetes => "start-kubernetes",
        }
    }
}

/// Runs what was asked for.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let programs = Programs::find()?;
    let Options { scenarios, quick, only, clients, rounds, output } = options;
    let directory = output.unwrap_or_else(|| programs.output());
    let plan = Plan { programs, quick, only, clients, rounds: if quick { 1 } else { rounds }, directory };
    let scenarios = if scenarios.is_empty() { Scenario::ALL.to_vec() } else { scenarios };
    for scenario in scenarios {
        match scenario {
            Scenario::Propagation => plan.cases(scenario, &propagation(quick)).await?,
            Scenario::Noisy => plan.cases(scenario, &noisy(quick)).await?,
            Scenario::Size => plan.cases(scenario, &sizes(quick)).await?,
            Scenario::Restart => plan.restarts(&restarts(quick)).await?,
            Scenario::Churn => plan.churns(&churns(quick)).await?,
            Scenario::Kubernetes => plan.writes(&writes(quick)).await?,
            Scenario::Start => plan.starts(starts(quick)).await?,
            Scenario::StartKubernetes => plan.starts_on(if quick { 100 } else { 10_000 }).await?,
        }
    }
    report::show(&plan.directory)
}

struct Plan {
    programs: Programs,
    quick: bool,
    only: Vec<Kind>,
    clients: Option<usize>,
    rounds: u32,
    directory: PathBuf,
}

impl Plan {
    /// Whether a server is to be measured with so many clients.
    fn includes(&self, subject: Kind, clients: usize) -> bool {
        (self.only.is_empty() || self.only.contains(&subject)) && self.clients.is_none_or(|wanted| wanted == clients)
    }

    /// What is measured from now on, in files.
    fn saved<T: Serialize + DeserializeOwned>(&self) -> Saved<T> {
        let partial = !self.only.is_empty() || self.clients.is_some();
        Saved::new(self.rounds, self.quick, partial)
    }

    async fn cases(&self, scenario: Scenario, cases: &[(Case, u32)]) -> anyhow::Result<()> {
        let mut saved = self.saved::<Measured>();
        for round in 1..=self.rounds {
            for (case, changes) in cases.iter().filter(|(case, _)| self.includes(case.subject, case.clients)) {
                let measured = measure(&self.programs, *case, *changes).await?;
                self.say(scenario, round, &measured.line());
                saved.measured.push(measured);
            }
            saved.write(&self.directory, scenario.name())?;
        }
        Ok(())
    }

    async fn restarts(&self, cases: &[(Case, bool)]) -> anyhow::Result<()> {
        let mut saved = self.saved::<Restarted>();
        for round in 1..=self.rounds {
            for (case, resume) in cases.iter().filter(|(case, _)| self.includes(case.subject, case.clients)) {
                let restarted = restart(&self.programs, *case, *resume).await?;
                self.say(Scenario::Restart, round, &restarted.line());
                saved.measured.push(restarted);
            }
            saved.write(&self.directory, Scenario::Restart.name())?;
        }
        Ok(())
    }

    async fn churns(&self, cases: &[(Case, Vec<u32>)]) -> anyhow::Result<()> {
        let mut saved = self.saved::<Churned>();
        let time = Duration::from_secs(if self.quick { 1 } else { 2 });
        for round in 1..=self.rounds {
            for (case, rates) in cases.iter().filter(|(case, _)| self.includes(case.subject, case.clients)) {
                for churned in churn(&self.programs, *case, rates, time).await? {
                    self.say(Scenario::Churn, round, &churned.line());
                    saved.measured.push(churned);
                }
            }
            saved.write(&self.directory, Scenario::Churn.name())?;
        }
        Ok(())
    }

    async fn starts(&self, worlds: &[(usize, usize)]) -> anyhow::Result<()> {
        let mut saved = self.saved::<Started>();
        for round in 1..=self.rounds {
            for (services, endpoints) in worlds.iter().filter(|_| self.includes(Chancery, 1)) {
                let started = start(&self.programs, *services, *endpoints).await?;
                self.say(Scenario::Start, round, &started.line());
                saved.measured.push(started);
            }
            saved.write(&self.directory, Scenario::Start.name())?;
        }
        Ok(())
    }

    /// Each world is a Kubernetes API of its own, because it can't be made smaller again as quickly as a new one is made.
    async fn writes(&self, worlds: &[(usize, Vec<Writing>)]) -> anyhow::Result<()> {
        let mut saved = self.saved::<Written>();
        for (services, cases) in worlds {
            let mut writes = Writes::start(*services, 10).await?;
            for round in 1..=self.rounds {
                for case in cases.iter().filter(|case| self.includes(case.server.kind(), case.clients)) {
                    let written = writes.measure(&self.programs, *case).await?;
                    self.say(Scenario::Kubernetes, round, &written.line());
                    saved.measured.push(written);
                }
                saved.write(&self.directory, Scenario::Kubernetes.name())?;
            }
        }
        Ok(())
    }

    async fn starts_on(&self, services: usize) -> anyhow::Result<()> {
        let mut saved = self.saved::<Started>();
        if !self.includes(Chancery, 1) {
            return Ok(());
        }
        let api = Api::start(services, 10).await?;
        for round in 1..=self.rounds {
            let started = start_on(&self.programs, &api).await?;
            self.say(Scenario::StartKubernetes, round, &started.line());
            saved.measured.push(started);
            saved.write(&self.directory, Scenario::StartKubernetes.name())?;
        }
        Ok(())
    }

    fn say(&self, scenario: Scenario, round: u32, line: &str) {
        println!("{:<16} {round}/{} {line}", scenario.name(), self.rounds);
    }
}

/// A case of a world of ordinary Services.
fn case(subject: Kind, variant: Variant, clients: usize, names: usize) -> Case {
    Case { subject, variant, services: 1000, endpoints: 10, clients, names, stuck: 0, flooding: 0 }
}

fn propagation(quick: bool) -> Vec<(Case, u32)> {
    if quick {
        let subjects =
            [(Chancery, Delta), (Chancery, Sotw), (Linear, Delta), (Snapshot, Sotw), (Tcp, Delta), (Tonic, Delta)];
        return subjects.map(|(subject, variant)| (case(subject, variant, 50, 100), 5)).into();
    }
    let mut cases = Vec::new();
    for (clients, names) in [(1, 1000), (100, 1000), (1000, 10), (1000, 100), (1000, 1000), (5000, 100)] {
        for subject in [Chancery, Linear, Snapshot] {
            if subject == Snapshot && names < 1000 {
                // It goes through all Services at each change, and so is the slower cache for clients that ask for few.
                continue;
            }
            // The caches of go-control-plane need half a second for a change at the largest.
            let changes = if subject != Chancery && clients * names > 400_000 { 8 } else { 20 };
            cases.push((case(subject, Delta, clients, names), changes));
        }
        if names != 10 && names != 100 || clients == 5000 {
            cases.extend([Tcp, Tonic].map(|floor| (case(floor, Delta, clients, names), 20)));
        }
    }
    for (clients, names) in [(100, 1000), (1000, 1000)] {
        cases.push((case(Chancery, Sotw, clients, names), 20));
        cases.push((case(Linear, Sotw, clients, names), 8));
        cases.push((case(Snapshot, Sotw, clients, names), 3));
    }
    cases
}

fn restarts(quick: bool) -> Vec<(Case, bool)> {
    if quick {
        return vec![(case(Chancery, Delta, 50, 100), false), (case(Linear, Delta, 50, 100), false)];
    }
    let large = |subject| case(subject, Delta, 1000, 1000);
    vec![(large(Chancery), false), (large(Chancery), true), (large(Linear), false), (large(Snapshot), false)]
}

fn churns(quick: bool) -> Vec<(Case, Vec<u32>)> {
    if quick {
        return vec![(case(Chancery, Delta, 50, 100), vec![10, 50]), (case(Linear, Delta, 50, 100), vec![10, 50])];
    }
    let large = |subject| case(subject, Delta, 1000, 1000);
    vec![
        (large(Chancery), vec![50, 100, 200, 400, 800, 1600]),
        (large(Linear), vec![2, 4, 8]),
        (large(Snapshot), vec![2, 4, 8]),
    ]
}

fn noisy(quick: bool) -> Vec<(Case, u32)> {
    let quiet = if quick { case(Chancery, Delta, 50, 100) } else { case(Chancery, Delta, 1000, 1000) };
    let changes = if quick { 5 } else { 30 };
    let stuck = Case { stuck: 10, ..quiet };
    let flooding = Case { flooding: 10, ..quiet };
    [quiet, stuck, flooding].map(|case| (case, changes)).into()
}

fn sizes(quick: bool) -> Vec<(Case, u32)> {
    let one = case(Chancery, Delta, 1, 100);
    if quick {
        return [100, 200].map(|services| (Case { services, ..one }, 5)).into();
    }
    let mut cases: Vec<(Case, u32)> = [100, 1000, 10_000].map(|services| (Case { services, ..one }, 50)).into();
    for endpoints in [10, 1000, 10_000] {
        cases.push((Case { services: 1, endpoints, names: 1, ..one }, 10));
    }
    cases.push((Case { services: 1, endpoints: 10_000, names: 1, clients: 1000, ..one }, 5));
    cases
}

fn starts(quick: bool) -> &'static [(usize, usize)] {
    if quick { &[(100, 10)] } else { &[(1000, 10), (10_000, 10), (1, 10_000)] }
}

fn writes(quick: bool) -> Vec<(usize, Vec<Writing>)> {
    let both = |variant, clients, writes| {
        [Server::Chancery, Server::Informer].map(|server| Writing { server, variant, clients, writes })
    };
    // The rival has no listeners and no routes.
    let proxyless = |clients, writes| Writing { server: Server::Chancery, variant: Grpc, clients, writes };
    if quick {
        return vec![(20, [&both(Delta, 5, 10)[..], &[proxyless(5, 10)]].concat())];
    }
    let few = [&both(Delta, 1, 50)[..], &both(Delta, 100, 50), &both(Sotw, 100, 50), &[proxyless(100, 50)]];
    vec![(100, few.concat()), (1000, both(Delta, 100, 50).into())]
}
