//! Many Services, and large ones.

use super::super::Saved;
use super::super::row::{Row, Target};
use super::super::summary::{Round, digits};
use super::{is_quick, rounds, row_alone};
use crate::load::Variant::Delta;
use crate::scenario::{Case, Measured, Started, number};
use crate::subject::Kind;

/// How many times as much a change may cost among the most Services.
pub const FLAT: f64 = 1.3;

/// A start with many Services, which come from there.
pub fn start(saved: Option<&Saved<Started>>, source: &str) -> Vec<Row> {
    let services = if is_quick(saved) { 100 } else { 10_000 };
    let many = digits(number(services as u64));
    let what = |what| format!("{many} Services × 10 endpoints, from {source}: {what}");
    let row = |what, unit, target, figure: fn(&Started) -> f64| {
        let all = saved.into_iter().flat_map(|saved| &saved.measured);
        let all = all.filter(|started| started.services == services && started.endpoints == 10);
        let rounds = all.map(|started| Round {
            value: Some(figure(started)).filter(|value| value.is_finite()),
            complete: started.full_ms.is_some(),
            ..Round::of(0.0)
        });
        row_alone(saved, (what, unit, target), rounds.collect())
    };
    vec![
        row(what("start to the first client's full answer"), "ms", Target::AtMost(3000.0), |started| {
            started.full_ms.unwrap_or(f64::NAN)
        }),
        row(what("memory then"), "MB", Target::AtMost(400.0), |started| number(started.resident) / 1e6),
        row(what("peak memory"), "MB", Target::None, |started| number(started.peak) / 1e6),
    ]
}

/// One large Service that everybody holds.
pub fn large(saved: Option<&Saved<Measured>>) -> Vec<Row> {
    let case = one_service(10_000, 1000);
    let row = |what: &str, unit, figure: fn(&Measured) -> f64| {
        let what = format!("1 Service of 10,000 endpoints, 1000 clients: {what}");
        row_alone(saved, (what, unit, Target::None), rounds(saved, case, figure))
    };
    vec![
        row("last client has the change", "ms", |measured| measured.last_ms.median()),
        row("server CPU per change", "ms", |measured| measured.cpu_ms),
        row("peak memory", "MB", |measured| number(measured.peak) / 1e6),
        row("response to one change", "bytes", |measured| measured.bytes),
    ]
}

/// Whether a change costs the same among many Services as among few.
pub fn flat(saved: Option<&Saved<Measured>>) -> Row {
    let (few, many) = if is_quick(saved) { (100, 200) } else { (100, 10_000) };
    let cpu = |services| rounds(saved, among(services), |measured| measured.cpu_ms);
    let ratios = cpu(many).into_iter().zip(cpu(few)).map(|(many, few)| many.over(few)).collect();
    let what = format!("1 × 100: server CPU per change, {} Services over {few}", digits(number(many as u64)));
    row_alone(saved, (what, "×", Target::AtMost(FLAT)), ratios)
}

/// How large a response is.
pub fn bytes(saved: Option<&Saved<Measured>>) -> Vec<Row> {
    let row = |endpoints| {
        let many = digits(number(endpoints as u64));
        let what = format!("1 Service of {many} endpoints: response to one change");
        row_alone(
            saved,
            (what, "bytes", Target::None),
            rounds(saved, one_service(endpoints, 1), |measured| measured.bytes),
        )
    };
    [10, 1000, 10_000].map(row).into()
}

/// The case of one client among so many Services.
pub const fn among(services: usize) -> Case {
    Case { services, ..super::case(Kind::Chancery, Delta, 1, 100) }
}

const fn one_service(endpoints: usize, clients: usize) -> Case {
    Case { services: 1, endpoints, ..super::case(Kind::Chancery, Delta, clients, 1) }
}
