//! From a write to a real Kubernetes API to the clients.

use super::super::Saved;
use super::super::row::{Row, Target};
use super::super::summary::Round;
use super::row_of;
use crate::load::Variant::Delta;
use crate::scenario::Written;
use crate::subject::Kind;

/// How much later than a bare watch clients have a change, and what it costs.
pub fn rows(saved: Option<&Saved<Written>>) -> Vec<Row> {
    let cases = if super::is_quick(saved) {
        &[(20, 5, 2.0, Some(3.0))][..]
    } else {
        &[(100, 1, 0.3, None), (100, 100, 2.0, Some(3.0)), (1000, 100, 2.0, Some(3.0))]
    };
    let mut rows = Vec::new();
    for (services, clients, above, cpu) in cases {
        let what = |what| format!("real Kubernetes API, {clients} × {services}: {what}");
        let row = |what, most, figure: fn(&Written) -> f64| {
            row_of(saved, (what, "ms", Target::AtMost(most)), |kind| {
                rounds(saved, kind, (*services, *clients), figure).into_iter().collect()
            })
        };
        rows.push(row(what("last client above a bare watch"), *above, |written| written.above_ms.median()));
        if let Some(cpu) = cpu {
            rows.push(row(what("server CPU per change"), *cpu, |written| written.cpu_ms));
        }
    }
    rows
}

fn rounds(saved: Option<&Saved<Written>>, kind: Kind, size: (usize, usize), figure: fn(&Written) -> f64) -> Vec<Round> {
    let all = of(saved, kind, size);
    all.map(|written| Round {
        value: Some(figure(written)).filter(|value| value.is_finite()),
        lost: written.lost,
        ..Round::of(0.0)
    })
    .collect()
}

/// The measurements of a server with so many Services and clients.
pub fn of(
    saved: Option<&Saved<Written>>,
    kind: Kind,
    (services, clients): (usize, usize),
) -> impl Iterator<Item = &Written> {
    let all = saved.into_iter().flat_map(|saved| &saved.measured);
    all.filter(move |Written { server, variant, services: has, clients: hold, .. }| {
        server.kind() == kind && *variant == Delta && *has == services && *hold == clients
    })
}
