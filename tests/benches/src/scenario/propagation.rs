//! The measurement that most scenarios are made of: many clients connect to a server at once, and then a Service changes,
//! again and again, each time when all clients have the change before.

use std::time::Duration;

use rig::process::Process;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::generator::Generator;
use crate::load::{Options, Variant};
use crate::report::{Figures, Receptions};
use crate::subject::{Kind, Programs, Subject};

/// How long the clients have for anything before it counts as lost.
pub const LIMIT: Duration = Duration::from_mins(1);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Case {
    /// Of what.
    pub subject: Kind,
    /// How the clients speak.
    pub variant: Variant,
    /// How many Services there are.
    pub services: usize,
    /// How many endpoints each has.
    pub endpoints: usize,
    /// How many clients there are.
    pub clients: usize,
    /// How many assignments each client asks for: those of the first Services.
    pub names: usize,
    /// How many more clients ask, and read nothing.
    pub stuck: usize,
    /// How many more clients ACK a thousand times a second.
    pub flooding: usize,
}

impl Case {
    /// All of it in a line.
    pub fn line(&self) -> String {
        let Self { subject, variant, services, endpoints, clients, names, stuck, flooding } = self;
        let variant = format!("{variant:?}").to_lowercase();
        format!(
            "{:<30} {variant:<5} {services:>5} x {endpoints:<5} {clients:>4} x {names:<4} +{stuck}+{flooding}",
            subject.title()
        )
    }
}

/// What was measured, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// What it was.
    pub case: Case,
    /// From the first connection to the moment when all clients had everything; none if they never had.
    pub storm_ms: Option<f64>,
    /// The server's memory before any client, in bytes.
    pub resident_alone: u64,
    /// The most that it had while the clients came, in bytes.
    pub peak_in_storm: u64,
    /// Its memory with all of them, at rest, in bytes.
    pub resident: u64,
    /// The most that it had by the end, in bytes.
    pub peak: u64,
    /// Changes that not every client had in time.
    pub lost: usize,
    /// Per reception: from the change to a client.
    pub reception_ms: Figures,
    /// Per change: from it to the last client.
    pub last_ms: Figures,
    /// Processor time of the server, per change.
    pub cpu_ms: f64,
    /// Bytes of a response, without those of HTTP/2 and TCP.
    pub bytes: f64,
}

impl Measured {
    /// How much memory one client costs the server.
    pub fn kilobytes_per_client(&self) -> f64 {
        let grown = self.resident.saturating_sub(self.resident_alone);
        number(grown) / 1000.0 / number(self.case.clients as u64)
    }
}

impl Measured {
    /// All of it in a line.
    pub fn line(&self) -> String {
        let Self { case, storm_ms, peak_in_storm, peak, lost, reception_ms, last_ms, cpu_ms, bytes, .. } = self;
        format!(
            "{} | storm {:7.0} ms, {:4.0} MB, {:6.1} KB/client | change p50 {:7.2} p99 {:7.2} last {:7.2} ms, {cpu_ms:7.2} ms cpu, \
             {bytes:.0} B, {lost} lost, {:4.0} MB",
            case.line(),
            storm_ms.unwrap_or(f64::NAN),
            number(*peak_in_storm) / 1e6,
            self.kilobytes_per_client(),
            reception_ms.median(),
            reception_ms.at(0.99),
            last_ms.median(),
            number(*peak) / 1e6,
        )
    }
}

/// Measures a case with this many changes.
pub async fn measure(programs: &Programs, case: Case, changes: u32) -> anyhow::Result<Measured> {
    let mut subject = Subject::start(programs, case.subject, case.services, case.endpoints).await?;
    settle(subject.process()).await?;
    let resident_alone = subject.process().usage()?.resident;
    let (mut generator, begun) = Generator::start(&programs.bench, &options(case, &subject)).await?;
    let complete = generator.complete(LIMIT).await?;
    let peak_in_storm = subject.process().usage()?.peak;
    settle(subject.process()).await?;
    generator.report().await?;

    let mut made = Vec::new();
    let mut lost = 0;
    let before = subject.process().usage()?;
    for change in 1..=changes {
        let service = usize::try_from(change)? * 37 % case.names;
        made.push((change, subject.change(service, change).await?));
        lost += usize::from(!generator.everybody(change, LIMIT).await?);
        // The ACKs belong to the change, too; nobody but the server knows when it has them.
        sleep(Duration::from_millis(10)).await;
    }
    settle(subject.process()).await?;
    let after = subject.process().usage()?;
    let receptions = generator.report().await?;
    let (reception_ms, last_ms) = latencies(&made, &receptions);
    let received = receptions.changes.values().map(Vec::len).sum::<usize>().max(1);
    Ok(Measured {
        case,
        storm_ms: complete.map(|at| milliseconds(begun, at)),
        resident_alone,
        peak_in_storm,
        resident: after.resident,
        peak: after.peak,
        lost,
        reception_ms: reception_ms.sketch(),
        last_ms,
        cpu_ms: after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e3 / f64::from(changes.max(1)),
        bytes: number(receptions.bytes) / number(received as u64),
    })
}

/// What the generator is told for a case.
pub fn options(case: Case, subject: &Subject) -> Options {
    let Case { subject: kind, variant, services: _, endpoints: _, clients, names, stuck, flooding } = case;
    // Those that are no control plane send one thing.
    let names = if matches!(kind, Kind::Tcp | Kind::Tonic) { 1 } else { names };
    Options {
        address: subject.address(),
        clients,
        names,
        variant: kind.variant(variant),
        resume: false,
        stuck,
        flooding,
    }
}

/// Returns when the server is at rest: it has used less than a hundredth of the time that went by. After ten seconds it
/// returns anyway: a server whose clients ACK without end never is.
pub async fn settle(server: &Process) -> anyhow::Result<()> {
    const STEP: Duration = Duration::from_millis(200);
    let mut before = server.usage()?.cpu;
    for _ in 0..50 {
        sleep(STEP).await;
        let now = server.usage()?.cpu;
        if now.saturating_sub(before) < STEP / 100 {
            break;
        }
        before = now;
    }
    Ok(())
}

/// Per reception, and per change to the last client.
pub fn latencies(made: &[(u32, u64)], receptions: &Receptions) -> (Figures, Figures) {
    let of = |(change, at): &(u32, u64)| {
        let times = receptions.changes.get(change).into_iter().flatten();
        times.map(|time| milliseconds(*at, *time)).collect::<Vec<f64>>()
    };
    let by_change: Vec<Vec<f64>> = made.iter().map(of).collect();
    let last = by_change.iter().filter_map(|times| times.iter().copied().max_by(f64::total_cmp)).collect();
    (by_change.into_iter().flatten().collect(), last)
}

/// From one moment to another.
pub fn milliseconds(from: u64, to: u64) -> f64 {
    number(to.saturating_sub(from)) / 1e6
}

/// As precise as need be.
#[expect(clippy::cast_precision_loss, reason = "nanoseconds and bytes of a run are far below 2^52")]
pub const fn number(count: u64) -> f64 {
    count as f64
}
