//! How many changes a second a server keeps up with.

use super::super::Saved;
use super::super::row::{Row, Target};
use super::super::summary::Round;
use super::{Scale, row_of};
use crate::load::Variant::Delta;
use crate::scenario::{Case, Churned};

/// The highest rate that was offered and kept up with.
pub fn row(saved: Option<&Saved<Churned>>) -> Row {
    let scale @ Scale { clients, names } = Scale::of(saved);
    let what = format!("{clients} × {names}: most changes a second before p99 > 1 s");
    row_of(saved, (what, "1/s", Target::AtLeast(50.0)), |kind| {
        rounds(saved, scale.case(kind, Delta)).into_iter().map(highest).collect()
    })
}

/// The rates that were tried, round by round: in a round they rise.
fn rounds(saved: Option<&Saved<Churned>>, case: Case) -> Vec<Vec<&Churned>> {
    let mut rounds: Vec<Vec<&Churned>> = Vec::new();
    for churned in saved.into_iter().flat_map(|saved| &saved.measured).filter(|churned| churned.case == case) {
        match rounds.last_mut() {
            Some(round) if round.last().is_some_and(|last| last.offered < churned.offered) => round.push(churned),
            _ => rounds.push(vec![churned]),
        }
    }
    rounds
}

/// The highest rate of a round that was kept up with; nothing higher may have been tried.
fn highest(round: Vec<&Churned>) -> Round {
    let at_least = round.last().is_some_and(|last| last.is_sustained());
    let sustained = round.into_iter().rfind(|churned| churned.is_sustained());
    Round { at_least, ..Round::of(sustained.map_or(0.0, |churned| churned.offered)) }
}
