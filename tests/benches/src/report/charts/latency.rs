//! How latencies are distributed.

use super::super::Saved;
use super::super::figures::Figures;
use super::super::rows::{Scale, kubernetes};
use super::super::summary::digits;
use super::super::table::short;
use super::axis::Axis;
use super::chart::{Chart, Line, Look};
use crate::load::Variant::Delta;
use crate::scenario::{Measured, Written};
use crate::subject::Kind;

const SHARE: &str = "share, %";

/// From a change to a client, in the largest case.
pub fn receptions(saved: Option<&Saved<Measured>>) -> Chart {
    let scale = Scale::of(saved);
    let line = |kind: Kind| {
        let case = scale.case(kind, Delta);
        let measured = saved.into_iter().flat_map(|saved| &saved.measured).filter(|measured| measured.case == case);
        let all: Figures = measured.flat_map(|measured| measured.reception_ms.iter()).collect();
        line(short(kind), short(kind), Look::of(kind), &all)
    };
    let kinds = [Kind::Tcp, Kind::Tonic, Kind::Chancery, Kind::Snapshot, Kind::Linear];
    let lines: Vec<Line> = kinds.into_iter().filter_map(line).collect();
    let numbers = lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x);
    Chart {
        title: format!("One endpoint changes: how soon do {} clients × {} names have it?", scale.clients, scale.names),
        x: Axis::logarithmic("time from the change to a client's receipt, ms (logarithmic)", numbers),
        y: Axis::even(format!("{SHARE} of all receipts"), 0.0, 100.0),
        lines,
        is_marked: false,
    }
}

/// From a bare watch to the last client, on a real Kubernetes API.
pub fn written(saved: Option<&Saved<Written>>, services: usize) -> Chart {
    let mut lines = Vec::new();
    let mut watch = Vec::new();
    for clients in [1, 100] {
        for kind in [Kind::Chancery, Kind::Linear] {
            let all: Vec<&Written> = kubernetes::of(saved, kind, (services, clients, Delta)).collect();
            watch.extend(all.iter().flat_map(|written| written.watch_ms.iter()));
            let above: Figures = all.iter().flat_map(|written| written.above_ms.iter()).collect();
            let look = if clients == 1 { Look::lighter(kind) } else { Look::of(kind) };
            let server = if kind == Kind::Chancery { "Chancery" } else { "LinearCache + informer" };
            let held = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
            lines.extend(line(&format!("{server}, {held}"), &held, look, &above));
        }
    }
    let numbers: Figures = lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x).collect();
    // So that a label has room beside the first line.
    let margin = 0.07 * (numbers.at(1.0) - numbers.at(0.0).min(0.0));
    let watch: Figures = watch.into_iter().collect();
    Chart {
        title: format!(
            "Real Kubernetes API, {services} Services: the last client after a bare watch (watch p50: {} ms)",
            digits(watch.median())
        ),
        x: Axis::even(
            "last client's receipt after that of a bare watch, ms",
            numbers.at(0.0).min(0.0) - margin,
            numbers.at(1.0) + margin,
        ),
        y: Axis::even(format!("{SHARE} of writes"), 0.0, 100.0),
        lines,
        is_marked: false,
    }
}

/// The line of a distribution; none if there is none.
fn line(name: &str, label: &str, look: Look, all: &Figures) -> Option<Line> {
    (!all.is_empty()).then(|| Line {
        label: label.to_owned(),
        name: format!("{name}: p50 {} ms", digits(all.median())),
        look,
        // The last one in a hundred would make the chart so wide that nothing is seen of the others.
        points: (0..=99).map(|percent| (all.at(f64::from(percent) / 100.0), f64::from(percent))).collect(),
        spreads: Vec::new(),
    })
}
