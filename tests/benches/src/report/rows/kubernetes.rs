//! From a write to a real Kubernetes API to the clients.

use super::super::Saved;
use super::super::row::{Row, Target};
use super::super::summary::Round;
use super::row_of;
use crate::load::Variant::{self, Delta, Grpc};
use crate::scenario::Written;
use crate::subject::Kind;

/// A case: how many Services and clients, and how these speak.
type Case = (usize, usize, Variant);

/// How much later than a bare watch clients have a change, and what it costs.
pub fn rows(saved: Option<&Saved<Written>>) -> Vec<Row> {
    let cases = if super::is_quick(saved) {
        &[((20, 5, Delta), 2.0, Some(3.0)), ((20, 5, Grpc), 2.0, Some(3.0))][..]
    } else {
        &[
            ((100, 1, Delta), 0.3, None),
            ((100, 100, Delta), 2.0, Some(3.0)),
            ((1000, 100, Delta), 2.0, Some(3.0)),
            ((100, 100, Grpc), 2.0, Some(3.0)),
        ]
    };
    let mut rows = Vec::new();
    for (case @ (services, clients, variant), above, cpu) in cases {
        let how = if *variant == Grpc { ", proxyless gRPC" } else { "" };
        let what = |what| format!("real Kubernetes API, {clients} × {services}{how}: {what}");
        let row = |what, target, unit, figure: fn(&Written) -> f64| {
            row_of(saved, (what, unit, target), |kind| rounds(saved, kind, *case, figure).into_iter().collect())
        };
        let at_most = Target::AtMost;
        rows.push(row(what("last client above a bare watch"), at_most(*above), "ms", |written| {
            written.above_ms.median()
        }));
        if let Some(cpu) = cpu {
            rows.push(row(what("server CPU per change"), at_most(*cpu), "ms", |written| written.cpu_ms));
        }
        if *variant == Grpc {
            rows.push(row(what("bytes to a client per change"), Target::None, "bytes", |written| written.bytes));
        }
    }
    rows
}

fn rounds(saved: Option<&Saved<Written>>, kind: Kind, case: Case, figure: fn(&Written) -> f64) -> Vec<Round> {
    let all = of(saved, kind, case);
    all.map(|written| Round {
        value: Some(figure(written)).filter(|value| value.is_finite()),
        lost: written.lost,
        ..Round::of(0.0)
    })
    .collect()
}

/// The measurements of a server in a case.
pub fn of(
    saved: Option<&Saved<Written>>,
    kind: Kind,
    (services, clients, speak): Case,
) -> impl Iterator<Item = &Written> {
    let all = saved.into_iter().flat_map(|saved| &saved.measured);
    all.filter(move |Written { server, variant, services: has, clients: hold, .. }| {
        server.kind() == kind && *variant == speak && *has == services && *hold == clients
    })
}
