//! A server is killed and comes back, and all of its clients at once with it.

use serde::{Deserialize, Serialize};

use super::Case;
use super::propagation::{LIMIT, milliseconds, number, options, settle};
use crate::generator::Generator;
use crate::load::Options;
use crate::subject::{Programs, Subject};

/// What was measured, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Restarted {
    /// What it was.
    pub case: Case,
    /// Whether the clients said what they held.
    pub resume: bool,
    /// From the kill to the moment when all clients had everything again; none if they never had.
    pub back_ms: Option<f64>,
    /// How many clients had everything when the time was up.
    pub complete: usize,
    /// The most memory that the new process had, in bytes.
    pub peak: u64,
}

impl Restarted {
    /// All of it in a line.
    pub fn line(&self) -> String {
        let Self { case, resume, back_ms, complete, peak } = self;
        let how = if *resume { "resuming" } else { "anew" };
        let back = back_ms.unwrap_or(f64::NAN);
        format!("{} | {how:<8} {complete} back after {back:.0} ms, peak {:.0} MB", case.line(), number(*peak) / 1e6)
    }
}

/// Measures a case.
pub async fn restart(programs: &Programs, case: Case, resume: bool) -> anyhow::Result<Restarted> {
    let mut subject = Subject::start(programs, case.subject, case.services, case.endpoints).await?;
    let options = Options { resume, ..options(case, &subject) };
    let (mut generator, _) = Generator::start(&programs.bench, &options).await?;
    generator.ready(LIMIT).await?;
    settle(subject.process()).await?;
    let killed = subject.restart().await?;
    let back = generator.complete(LIMIT).await?;
    // A client that loses something again after it was complete counts as incomplete.
    settle(subject.process()).await?;
    Ok(Restarted {
        case,
        resume,
        back_ms: back.map(|at| milliseconds(killed, at)),
        complete: generator.report().await?.complete,
        peak: subject.process().usage()?.peak,
    })
}
