//! docs/performance.md.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};

use super::results::{Results, Run};
use super::row::{Row, Verdict};
use super::rows::{self, Scale, case, restart, summary};
use super::summary::{Summary, digits};
use super::{draw, table};
use crate::load::Variant::Delta;
use crate::scenario::{Measured, number};
use crate::subject::Kind;

const GENERATED: &str = include_str!("page/generated.md");
const METHOD: &str = include_str!("page/method.md");
const ELSEWHERE: &str = include_str!("page/elsewhere.md");
const LIMITS: &str = include_str!("page/limits.md");
const AGAIN: &str = include_str!("page/again.md");

/// The page and its plots, into this directory.
pub fn write(results: &Results, docs: &Path) -> anyhow::Result<()> {
    let runs = results.runs();
    ensure!(!runs.is_empty(), "nothing was measured; run `make bench` first");
    if let Some(Run { name, .. }) = runs.iter().find(|run| run.quick) {
        bail!("{name}.json is of a run with --quick, which says little; measure it without first");
    }
    if let Some(Run { name, .. }) = runs.iter().find(|run| run.partial) {
        bail!("{name}.json is of a run with --only or --clients, which leaves out rows; measure it without first");
    }
    let plots = docs.join("performance");
    if plots.exists() {
        fs::remove_dir_all(&plots).with_context(|| format!("can't empty {}", plots.display()))?;
    }
    draw(results, &plots)?;
    let path = docs.join("performance.md");
    fs::write(&path, page(results)).with_context(|| format!("can't write {}", path.display()))
}

/// The text of the page.
fn page(results: &Results) -> String {
    let rows = rows::rows(results);
    [
        GENERATED.to_owned(),
        format!("# Performance\n\n{}\n", lead(results)),
        format!("## Targets\n\n{}\n{}", table::table(&rows), table::NOTE),
        format!("## Plots\n\n{}", plots(results)),
        format!("{METHOD}\n{}", machines(&results.runs())),
        ELSEWHERE.to_owned(),
        format!("{}\n{LIMITS}", missed(&rows)),
        AGAIN.to_owned(),
    ]
    .join("\n")
}

/// What it means for a user.
fn lead(results: &Results) -> String {
    let propagation = results.propagation.as_ref();
    let scale @ Scale { clients, names } = Scale::of(propagation);
    let of = |kind, figure| summary(propagation, scale.case(kind, Delta), figure);
    let cpu = |names| summary(propagation, case(Kind::Chancery, Delta, clients, names), |measured| measured.cpu_ms);
    let last: fn(&Measured) -> f64 = |measured| measured.last_ms.median();
    let back = |figure| restart::summary(results.restart.as_ref(), Kind::Chancery, false, figure);
    format!(
        "When one endpoint changes, the last of {clients} clients that hold {names} assignments each has the change after {} \
         (go-control-plane's LinearCache: {}; its SnapshotCache: {}; a bare tonic server that sends 600 ready bytes: {}).\n\
         Such a change costs the server {} of processor time if each client holds 10 assignments, {} if it holds 100, and {} \
         if it holds 1000 (LinearCache with 1000: {}).\n\
         After `kill -9`, all {clients} clients that come back at once and hold nothing have everything again after {}, and \
         the new process needs {} of memory at its peak (all of these are medians over the rounds).",
        said(&of(Kind::Chancery, last), "ms"),
        said(&of(Kind::Linear, last), "ms"),
        said(&of(Kind::Snapshot, last), "ms"),
        said(&of(Kind::Tonic, last), "ms"),
        said(&cpu(10), "ms"),
        said(&cpu(100), "ms"),
        said(&cpu(1000), "ms"),
        said(&of(Kind::Linear, |measured| measured.cpu_ms), "ms"),
        said(&back(|restarted| restarted.back_ms.unwrap_or(f64::NAN)), "ms"),
        said(&back(|restarted| number(restarted.peak) / 1e6), "MB"),
    )
}

/// A figure in a sentence; with what was lost, if anything was.
fn said(summary: &Summary, unit: &str) -> String {
    match summary.median() {
        Some(median) => format!("{} {unit}{}", digits(median), summary.faults()),
        None if summary.is_measured() => summary.to_string(),
        None => "(not measured)".to_owned(),
    }
}

fn plots(results: &Results) -> String {
    let plots = super::charts::charts(results);
    let images = plots.iter().map(|(name, chart)| format!("![{}](performance/{name}.svg)\n\n", chart.title));
    let images: String = images.collect();
    format!(
        "{images}Distributions are over the receipts of all rounds together. Points are medians over the rounds; the bars at \
         them reach from the least to the greatest round.\n"
    )
}

/// On what, and how often, each scenario was run.
fn machines(runs: &[Run<'_>]) -> String {
    let mut lines = vec![["scenario", "rounds", "processor", "cores", "memory, GB"].map(str::to_owned).to_vec()];
    lines.extend(runs.iter().map(|run| {
        let Run { name, machine, rounds, quick: _, partial: _ } = run;
        let memory = digits(number(machine.memory) / 1e9);
        vec![(*name).to_owned(), rounds.to_string(), machine.processor.clone(), machine.cores.to_string(), memory]
    }));
    table::aligned(&lines)
}

/// The targets that aren't met.
fn missed(rows: &[Row]) -> String {
    let missed: Vec<&Row> = rows.iter().filter(|row| row.verdict() == Verdict::NotMet).collect();
    let line = |row: &&Row| {
        let Row { what, unit, target, .. } = row;
        format!("- {what}, {unit}: {}; target {target}\n", row.cell(Kind::Chancery))
    };
    let lines: String = missed.iter().map(line).collect();
    let lines = if missed.is_empty() { "Of the targets that were measured, all are met.\n" } else { &lines };
    format!("## What holds back the targets that are not met\n\n{lines}")
}

#[cfg(test)]
mod tests;
