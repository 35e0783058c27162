//! What a change costs the server.

use super::super::Saved;
use super::super::rows::{case, summary, world};
use super::super::summary::{Summary, digits};
use super::super::table::short;
use super::axis::Axis;
use super::chart::{Chart, Line, Look};
use crate::load::Variant::Delta;
use crate::scenario::{Case, Measured};
use crate::subject::Kind;

const CPU: &str = "server CPU per change, ms";

/// Against the number of names that each client holds.
pub fn by_names(saved: Option<&Saved<Measured>>) -> Chart {
    let title = "What a change costs, against the names that each of 1000 clients holds";
    compared(
        saved,
        title,
        "names per client (logarithmic)",
        |kind, names| case(kind, Delta, 1000, names),
        [10, 100, 1000],
    )
}

/// Against the number of clients.
pub fn by_clients(saved: Option<&Saved<Measured>>) -> Chart {
    let title = "What a change costs, against the clients, which hold 1000 names each";
    compared(saved, title, "clients (logarithmic)", |kind, clients| case(kind, Delta, clients, 1000), [1, 100, 1000])
}

/// Against the number of other Services.
pub fn by_services(saved: Option<&Saved<Measured>>) -> Chart {
    let points = points(saved, world::among, [100, 1000, 10_000]);
    let mut lines: Vec<Line> = line("Chancery".to_owned(), Look::of(Kind::Chancery), &points).into_iter().collect();
    let base = points.first().and_then(|(_, summary)| summary.median()).filter(|_| !lines.is_empty());
    lines.extend(base.map(|base| Line {
        name: "limit: 1.3 × the cost among 100 Services".to_owned(),
        label: format!("limit: {} ms", digits(base * world::FLAT)),
        look: Look::LIMIT,
        points: [100.0, 10_000.0].map(|services| (services, base * world::FLAT)).into(),
        spreads: Vec::new(),
    }));
    let greatest = numbers(&lines).fold(0.0, f64::max);
    Chart {
        title: "What a change costs, against the other Services there are (1 client, 100 names)".to_owned(),
        x: Axis::logarithmic("Services (logarithmic)", lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x))
            .with_room(),
        y: Axis::even(CPU, 0.0, greatest * 1.15),
        lines,
        is_marked: true,
    }
}

fn compared(
    saved: Option<&Saved<Measured>>,
    title: &str,
    x: &str,
    case: impl Fn(Kind, usize) -> Case,
    sizes: [u16; 3],
) -> Chart {
    let kinds = [Kind::Chancery, Kind::Linear, Kind::Snapshot, Kind::Tonic, Kind::Tcp];
    let line = |kind| line(short(kind).to_owned(), Look::of(kind), &points(saved, |size| case(kind, size), sizes));
    let lines: Vec<Line> = kinds.into_iter().filter_map(line).collect();
    Chart {
        title: title.to_owned(),
        x: Axis::logarithmic(x, lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x)).with_room(),
        y: Axis::logarithmic(format!("{CPU} (logarithmic)"), numbers(&lines)),
        lines,
        is_marked: true,
    }
}

/// What a change costs at each size for which there is something.
fn points(saved: Option<&Saved<Measured>>, case: impl Fn(usize) -> Case, sizes: [u16; 3]) -> Vec<(f64, Summary)> {
    let point = |size: u16| (f64::from(size), summary(saved, case(usize::from(size)), |measured| measured.cpu_ms));
    sizes.map(point).into_iter().filter(|(_, summary)| summary.median().is_some()).collect()
}

fn line(name: String, look: Look, points: &[(f64, Summary)]) -> Option<Line> {
    let medians: Vec<(f64, f64)> = points.iter().filter_map(|(x, summary)| Some((*x, summary.median()?))).collect();
    let (_, last) = *medians.last()?;
    let spread = |(x, summary): &(f64, Summary)| (*x, summary.spread().0, summary.spread().1);
    Some(Line {
        label: format!("{name}: {} ms", digits(last)),
        name,
        look,
        points: medians,
        spreads: points.iter().map(spread).collect(),
    })
}

/// All that the vertical axis must show.
fn numbers(lines: &[Line]) -> impl Iterator<Item = f64> {
    let points = lines.iter().flat_map(|line| &line.points).map(|(_, y)| *y);
    points.chain(lines.iter().flat_map(|line| &line.spreads).flat_map(|(_, least, greatest)| [*least, *greatest]))
}
