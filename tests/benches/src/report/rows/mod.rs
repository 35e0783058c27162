//! The rows of the table: the targets of the project, in their order.

mod changes;
mod churn;
pub mod kubernetes;
pub mod restart;
pub mod world;

use clap::ValueEnum as _;

use super::Saved;
use super::results::Results;
use super::row::{Row, Target};
use super::summary::{Round, Summary};
use crate::load::Variant;
use crate::scenario::{Case, Measured};
use crate::subject::Kind;

/// All of them.
pub fn rows(results: &Results) -> Vec<Row> {
    let propagation = results.propagation.as_ref();
    let mut rows = changes::rows(propagation);
    rows.extend(changes::storm(propagation));
    rows.extend(restart::rows(results.restart.as_ref()));
    rows.push(churn::row(results.churn.as_ref()));
    rows.extend(changes::memory(propagation));
    rows.extend(changes::noisy(results.noisy.as_ref()));
    rows.extend(world::start(results.start.as_ref(), "files"));
    rows.extend(world::start(results.start_kubernetes.as_ref(), "a real Kubernetes API"));
    rows.extend(world::large(results.size.as_ref()));
    rows.extend(kubernetes::rows(results.kubernetes.as_ref()));
    rows.push(world::flat(results.size.as_ref()));
    rows.extend(world::bytes(results.size.as_ref()));
    rows
}

/// How large the largest case of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// How many clients.
    pub clients: usize,
    /// How many assignments each asks for.
    pub names: usize,
}

impl Scale {
    /// That of a run.
    pub fn of<T>(saved: Option<&Saved<T>>) -> Self {
        if is_quick(saved) { Self { clients: 50, names: 100 } } else { Self { clients: 1000, names: 1000 } }
    }

    /// The case of a server at it.
    pub const fn case(self, subject: Kind, variant: Variant) -> Case {
        case(subject, variant, self.clients, self.names)
    }
}

/// The case of a world of ordinary Services: a thousand with ten endpoints each.
pub const fn case(subject: Kind, variant: Variant, clients: usize, names: usize) -> Case {
    Case { subject, variant, services: 1000, endpoints: 10, clients, names, stuck: 0, flooding: 0 }
}

/// What each round says of a case.
pub fn rounds(saved: Option<&Saved<Measured>>, case: Case, figure: fn(&Measured) -> f64) -> Vec<Round> {
    let measured = saved.into_iter().flat_map(|saved| &saved.measured).filter(|measured| measured.case == case);
    measured
        .map(|measured| Round {
            value: Some(figure(measured)).filter(|value| value.is_finite()),
            lost: measured.lost,
            complete: measured.storm_ms.is_some(),
            at_least: false,
        })
        .collect()
}

/// What all rounds say of a case.
pub fn summary(saved: Option<&Saved<Measured>>, case: Case, figure: fn(&Measured) -> f64) -> Summary {
    rounds(saved, case, figure).into_iter().collect()
}

/// The row of a figure of the case that each server has.
fn row(
    saved: Option<&Saved<Measured>>,
    (what, unit, target): (String, &'static str, Target),
    case: impl Fn(Kind) -> Case,
    figure: fn(&Measured) -> f64,
) -> Row {
    row_of(saved, (what, unit, target), |kind| summary(saved, case(kind), figure))
}

/// The row of what is made out for each server.
fn row_of<T>(
    saved: Option<&Saved<T>>,
    (what, unit, target): (String, &'static str, Target),
    summary: impl Fn(Kind) -> Summary,
) -> Row {
    let cells = Kind::value_variants().iter().map(|kind| (*kind, summary(*kind))).collect();
    Row { what, unit, cells, target, quick: is_quick(saved) }
}

/// The row of what is made out for Chancery alone.
fn row_alone<T>(
    saved: Option<&Saved<T>>,
    (what, unit, target): (String, &'static str, Target),
    rounds: Vec<Round>,
) -> Row {
    let cells = [(Kind::Chancery, rounds.into_iter().collect())].into();
    Row { what, unit, cells, target, quick: is_quick(saved) }
}

fn is_quick<T>(saved: Option<&Saved<T>>) -> bool {
    saved.is_some_and(|saved| saved.quick)
}

#[cfg(test)]
mod tests;
