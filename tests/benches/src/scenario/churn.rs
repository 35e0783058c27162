//! Changes come faster and faster, until clients have them late.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::Case;
use super::propagation::{LIMIT, latencies, number, options, settle};
use crate::generator::Generator;
use crate::report::Figures;
use crate::subject::{Programs, Subject};

/// A client that has a change later than this has it too late, in milliseconds.
const LATE_MS: f64 = 1000.0;

/// What was measured, once, at one rate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Churned {
    /// What it was.
    pub case: Case,
    /// How many changes a second there should have been.
    pub offered: f64,
    /// How many there were: fewer, when the server takes none while it is busy with another.
    pub accepted: f64,
    /// From a change to a client, of those that a client received by itself.
    pub reception_ms: Figures,
    /// Which share of the changes a client received by themselves; the others came with a later one of the same Service.
    pub received: f64,
    /// Processor time of the server in each second.
    pub cpu_ms: f64,
}

impl Churned {
    /// Whether the server kept up.
    pub fn is_sustained(&self) -> bool {
        self.accepted >= 0.9 * self.offered && self.reception_ms.at(0.99) < LATE_MS && self.received > 0.9
    }
}

impl Churned {
    /// All of it in a line.
    pub fn line(&self) -> String {
        let Self { case, offered, accepted, reception_ms, received, cpu_ms } = self;
        format!(
            "{} | {offered:.0}/s: {accepted:6.1}/s taken, p50 {:7.1} p99 {:7.1} ms, {:.0} % by themselves, {cpu_ms:.0} ms cpu/s",
            case.line(),
            reception_ms.median(),
            reception_ms.at(0.99),
            received * 100.0,
        )
    }
}

/// Measures a case at these rates, for so long each, until the server doesn't keep up.
pub async fn churn(programs: &Programs, case: Case, rates: &[u32], time: Duration) -> anyhow::Result<Vec<Churned>> {
    let mut subject = Subject::start(programs, case.subject, case.services, case.endpoints).await?;
    let (mut generator, _) = Generator::start(&programs.bench, &options(case, &subject)).await?;
    generator.ready(LIMIT).await?;
    settle(subject.process()).await?;
    generator.report().await?;
    let mut all = Vec::new();
    let mut change = 0;
    for rate in rates {
        let (begun, before) = (Instant::now(), subject.process().usage()?);
        let mut made = Vec::new();
        let mut due = begun;
        while due < begun + time && begun.elapsed() < 2 * time {
            sleep_until(due).await;
            due += Duration::from_secs(1) / *rate;
            change += 1;
            made.push((change, subject.change(usize::try_from(change)? * 37 % case.names, change).await?));
        }
        let took = begun.elapsed().max(time).as_secs_f64();
        generator.everybody(change, LIMIT).await?;
        settle(subject.process()).await?;
        let cpu = subject.process().usage()?.cpu.saturating_sub(before.cpu);
        let (reception_ms, _) = latencies(&made, &generator.report().await?);
        let churned = Churned {
            case,
            offered: f64::from(*rate),
            accepted: number(made.len() as u64) / took,
            received: number(reception_ms.len() as u64) / number((made.len() * case.clients) as u64),
            reception_ms: reception_ms.sketch(),
            cpu_ms: cpu.as_secs_f64() * 1e3 / took,
        };
        let sustained = churned.is_sustained();
        all.push(churned);
        if !sustained {
            break;
        }
    }
    Ok(all)
}
