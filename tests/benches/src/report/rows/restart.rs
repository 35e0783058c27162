//! A server that is killed and comes back.

use super::super::Saved;
use super::super::row::{Row, Target};
use super::super::summary::{Round, Summary};
use super::{Scale, row_of};
use crate::load::Variant::Delta;
use crate::scenario::{Restarted, number};
use crate::subject::Kind;

/// How long it takes, what it costs, and whether everybody is back.
pub fn rows(saved: Option<&Saved<Restarted>>) -> Vec<Row> {
    let Scale { clients, names } = Scale::of(saved);
    let everybody = Target::AtLeast(number(clients as u64));
    let mut rows = Vec::new();
    for (resume, how) in [(false, "anew"), (true, "resuming")] {
        let what = |what| format!("{clients} × {names}, kill −9 and back {how}: {what}");
        let row = |what, unit, target, figure: fn(&Restarted) -> f64| {
            row_of(saved, (what, unit, target), |kind| summary(saved, kind, resume, figure))
        };
        rows.push(row(what("all have everything"), "ms", Target::AtMost(1000.0), |restarted| {
            restarted.back_ms.unwrap_or(f64::NAN)
        }));
        rows.push(row(what("peak memory"), "MB", Target::AtMost(150.0), |restarted| number(restarted.peak) / 1e6));
        rows.push(row(what("complete every time"), "clients", everybody, |restarted| {
            number(restarted.complete as u64)
        }));
    }
    rows
}

/// What all rounds say of a server.
pub fn summary(saved: Option<&Saved<Restarted>>, kind: Kind, resume: bool, figure: fn(&Restarted) -> f64) -> Summary {
    let case = Scale::of(saved).case(kind, Delta);
    let all = saved.into_iter().flat_map(|saved| &saved.measured);
    let all = all.filter(|restarted| restarted.case == case && restarted.resume == resume);
    all.map(|restarted| Round {
        value: Some(figure(restarted)).filter(|value| value.is_finite()),
        lost: 0,
        complete: restarted.back_ms.is_some() && restarted.complete >= restarted.case.clients,
        at_least: false,
    })
    .collect()
}
