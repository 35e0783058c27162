//! Changes in an ordinary world: when clients have them, and what they and the clients cost.

use super::super::Saved;
use super::super::row::{Row, Target};
use super::super::summary::Round;
use super::{Scale, case, rounds, row, row_alone, row_of};
use crate::load::Variant::{Delta, Sotw};
use crate::scenario::{Measured, number};
use crate::subject::Kind;

/// When the last client has a change, and what a change costs the server.
pub fn rows(saved: Option<&Saved<Measured>>) -> Vec<Row> {
    let scale @ Scale { clients, names } = Scale::of(saved);
    let last = |clients, names, how| format!("{clients} × {names}{how}: last client has the change");
    let last_ms = |measured: &Measured| measured.last_ms.median();
    let mut rows = vec![row(
        saved,
        (last(clients, names, ""), "ms", Target::AtMost(20.0)),
        |kind| scale.case(kind, Delta),
        last_ms,
    )];
    let all_names = if super::is_quick(saved) { &[100][..] } else { &[10, 100, 1000] };
    for names in all_names {
        let what = format!("{clients} × {names}: server CPU per change");
        rows.push(row(
            saved,
            (what, "ms", Target::AtMost(25.0)),
            |kind| case(kind, Delta, clients, *names),
            |measured| measured.cpu_ms,
        ));
    }
    let cpu = |kind, names| rounds(saved, case(kind, Delta, clients, names), |measured| measured.cpu_ms);
    rows.push(row_of(
        saved,
        (format!("{clients} clients: server CPU per change, 1000 names over 10"), "×", Target::AtMost(1.3)),
        |kind| cpu(kind, 1000).into_iter().zip(cpu(kind, 10)).map(|(large, small)| large.over(small)).collect(),
    ));
    rows.push(row(
        saved,
        (last(5000, 100, ""), "ms", Target::AtMost(80.0)),
        |kind| case(kind, Delta, 5000, 100),
        last_ms,
    ));
    rows.push(row(
        saved,
        (last(clients, names, ", SotW"), "ms", Target::AtMost(40.0)),
        |kind| scale.case(kind, Sotw),
        last_ms,
    ));
    rows
}

/// When all clients that connect at once have everything, and what that costs.
pub fn storm(saved: Option<&Saved<Measured>>) -> Vec<Row> {
    let scale @ Scale { clients, names } = Scale::of(saved);
    // Changes that are lost later are no fault of the storm.
    let of = |kind, figure| {
        let rounds = rounds(saved, scale.case(kind, Delta), figure).into_iter();
        rounds.map(|round| Round { lost: 0, ..round }).collect()
    };
    let what = |what| format!("{clients} × {names}, all connect at once: {what}");
    vec![
        row_of(saved, (what("all have everything"), "ms", Target::AtMost(1000.0)), |kind| {
            of(kind, |measured| measured.storm_ms.unwrap_or(f64::NAN))
        }),
        row_of(saved, (what("peak memory"), "MB", Target::None), |kind| {
            of(kind, |measured| number(measured.peak_in_storm) / 1e6)
        }),
    ]
}

/// What a client costs in memory.
pub fn memory(saved: Option<&Saved<Measured>>) -> Vec<Row> {
    let all = if super::is_quick(saved) { &[(50, 100, 50.0)][..] } else { &[(1000, 100, 50.0), (1000, 1000, 60.0)] };
    let of = |(clients, names, most): &(usize, usize, f64)| {
        row(
            saved,
            (format!("{clients} × {names}: memory per client"), "KB", Target::AtMost(*most)),
            |kind| case(kind, Delta, *clients, *names),
            Measured::kilobytes_per_client,
        )
    };
    all.iter().map(of).collect()
}

/// How much later others have a change when some clients behave badly.
pub fn noisy(saved: Option<&Saved<Measured>>) -> Vec<Row> {
    let scale @ Scale { clients, names } = Scale::of(saved);
    let quiet = scale.case(Kind::Chancery, Delta);
    let p99 = |case| rounds(saved, case, |measured| measured.reception_ms.at(0.99));
    let ratio = |noisy, how: &str| {
        let ratios = p99(noisy).into_iter().zip(p99(quiet)).map(|(noisy, quiet)| noisy.over(quiet)).collect();
        let what = format!("{clients} × {names}, 10 more that {how}: p99 over that without");
        row_alone(saved, (what, "×", Target::AtMost(1.2)), ratios)
    };
    vec![
        ratio(crate::scenario::Case { stuck: 10, ..quiet }, "read nothing"),
        ratio(crate::scenario::Case { flooding: 10, ..quiet }, "ACK without end"),
    ]
}
