//! Golden files: `tests/golden/<area>/<case>/in.yaml`, and beside it what an Envoy gets for it.
//!
//! `clusters.json`, `endpoints.json`, `listeners.json` and `routes.json` are for an Envoy whose fleet nobody names; those
//! of a fleet that is named are in a directory of the fleet's name. `rejected.json` is what can't be used.
//!
//! A line `# places: ZONE ZONE/NODE …` in the input names places of clients: what an Envoy that is there gets of the
//! assignments is `endpoints.json` in a directory of the same name.
//! With a line `# grpc` what gRPC clients get is in the directory `grpc`, if they dial each port by its shortest name.
//! In the area `compat` the annotations of all other products are read, too.
//!
//! With `UPDATE=1` they are written anew, and files that no case gives any more are deleted. Review the difference.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chancery::model::Rejected;
use chancery::model::compat::Compat;
use chancery::pipeline::{Offline, RenderOptions, offline};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{Place, ResourceType, Snapshot, resource_to_json};
use serde_json::{Value, json};

/// Relative to the package, where tests run: the path of `in.yaml` is in some of the golden files.
const ROOT: &str = "tests/golden";

const INPUT: &str = "in.yaml";

/// What a line begins with that names places.
const PLACES: &str = "# places:";
/// The line that asks for what gRPC clients get.
const GRPC: &str = "# grpc";
/// The area of other products.
const COMPAT: &str = "tests/golden/compat";

/// How many lines are shown around a difference, and how many of the difference itself.
const CONTEXT: usize = 3;
const SHOWN: usize = 30;

#[test]
fn every_golden_case_renders_as_it_did() {
    let update = rig::page::is_updated();
    let cases = cases();
    assert!(!cases.is_empty(), "no cases below {ROOT}");
    let mut problems = String::new();
    for case in &cases {
        let expected = files_below(case);
        let rendered = render(case);
        if update {
            rewrite(&expected, &rendered);
        } else {
            compare(&expected, &rendered, &mut problems);
        }
    }
    assert!(problems.is_empty(), "{problems}\n(If that is right: UPDATE=1 cargo test --test golden)");
}

/// The directories of two levels below the root, sorted.
fn cases() -> Vec<PathBuf> {
    let areas = directories(Path::new(ROOT));
    areas.iter().flat_map(|area| directories(area)).collect()
}

fn directories(path: &Path) -> Vec<PathBuf> {
    entries(path).into_iter().filter(|path| path.is_dir()).collect()
}

fn entries(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The golden files of a case: everything below it but the input.
fn files_below(path: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for path in entries(path) {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.file_name().is_none_or(|name| name != INPUT) {
            let text = fs::read_to_string(&path).unwrap();
            files.insert(path, text);
        }
    }
    files
}

/// What the golden files of a case should be. None, when the case has no input any more.
fn render(case: &Path) -> BTreeMap<PathBuf, String> {
    let input = case.join(INPUT);
    if !input.exists() {
        return BTreeMap::new();
    }
    let text = fs::read_to_string(&input).unwrap();
    let compat = if case.starts_with(COMPAT) { Compat::ALL } else { Compat::default() };
    let loaded = manifests::load(&[input], Conversion { compat, ..Conversion::default() }).unwrap();
    let offline = offline(loaded.events, RenderOptions::default());
    let Offline { world, rejected, .. } = &offline;

    let mut files =
        BTreeMap::from([(case.join("rejected.json"), pretty(rejected.iter().map(rejected_json).collect()))]);
    files.extend(snapshot_files(case, &world.everyone));
    for (fleet, snapshot) in &world.fleets {
        files.extend(snapshot_files(&case.join(&**fleet), snapshot));
    }
    if text.lines().any(|line| line == GRPC) {
        files.extend(snapshot_files(&case.join("grpc"), &offline.grpc()));
    }
    for (name, place) in places(&text) {
        let assignments = world.everyone.get(ResourceType::Endpoint).iter().map(|resource| resource.at(&place));
        let text = pretty(assignments.map(|resource| resource_to_json(&resource).unwrap()).collect());
        // A path that begins with a slash would begin at the root.
        files.insert(case.join(name.trim_start_matches('/')).join("endpoints.json"), text);
    }
    files
}

/// The places that an input names, by their names.
fn places(input: &str) -> BTreeMap<&str, Place> {
    let named = input.lines().filter_map(|line| line.strip_prefix(PLACES)).flat_map(str::split_whitespace);
    named
        .map(|name| {
            let (zone, node) = name.split_once('/').unwrap_or((name, ""));
            (name, Place { zone: zone.into(), node: node.into() })
        })
        .collect()
}

fn snapshot_files(directory: &Path, snapshot: &Snapshot) -> BTreeMap<PathBuf, String> {
    let file = |resource_type: ResourceType| {
        let resources = snapshot.get(resource_type);
        let name = match resource_type {
            ResourceType::Cluster => "clusters.json",
            ResourceType::Endpoint => "endpoints.json",
            ResourceType::Listener => "listeners.json",
            ResourceType::Route => "routes.json",
            // Nothing in a source becomes a secret.
            ResourceType::Secret => {
                assert!(resources.is_empty());
                return None;
            }
        };
        Some((
            directory.join(name),
            pretty(resources.iter().map(|resource| resource_to_json(resource).unwrap()).collect()),
        ))
    };
    ResourceType::ALL.into_iter().filter_map(file).collect()
}

fn rejected_json(rejected: &Rejected) -> Value {
    let Rejected { object, field, value, reason, message, meanwhile } = rejected;
    json!({
        "object": object.to_string(),
        "field": field,
        "value": value,
        "severity": reason.severity().to_string(),
        "reason": reason.as_str(),
        "message": message,
        "meanwhile": meanwhile,
    })
}

fn pretty(values: Vec<Value>) -> String {
    serde_json::to_string_pretty(&Value::Array(values)).unwrap() + "\n"
}

fn rewrite(expected: &BTreeMap<PathBuf, String>, rendered: &BTreeMap<PathBuf, String>) {
    for orphan in expected.keys().filter(|path| !rendered.contains_key(*path)) {
        fs::remove_file(orphan).unwrap();
        // The directory goes with its last file; while there are others the system refuses, and that is right.
        let _ = fs::remove_dir(orphan.parent().unwrap());
    }
    for (path, text) in rendered.iter().filter(|(path, text)| expected.get(*path) != Some(text)) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn compare(expected: &BTreeMap<PathBuf, String>, rendered: &BTreeMap<PathBuf, String>, problems: &mut String) {
    let paths: BTreeSet<&PathBuf> = expected.keys().chain(rendered.keys()).collect();
    for path in paths {
        match (expected.get(path), rendered.get(path)) {
            (Some(expected), Some(rendered)) if expected == rendered => {}
            (Some(expected), Some(rendered)) => {
                writeln!(problems, "\n{}: differs\n{}", path.display(), difference(expected, rendered)).unwrap();
            }
            (Some(_), None) => writeln!(problems, "\n{}: nothing gives this file any more", path.display()).unwrap(),
            (None, _) => writeln!(problems, "\n{}: missing", path.display()).unwrap(),
        }
    }
}

/// The lines from the first that differs to the last that does, with some around them.
fn difference(expected: &str, rendered: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), rendered.lines().collect());
    let before = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let shorter = old.len().min(new.len()) - before;
    let after = old.iter().rev().zip(new.iter().rev()).take(shorter).take_while(|(old, new)| old == new).count();

    let mut text = String::new();
    let mut show = |mark: char, lines: &[&str]| {
        for line in lines.iter().take(SHOWN) {
            writeln!(text, "  {mark} {line}").unwrap();
        }
        if lines.len() > SHOWN {
            writeln!(text, "  {mark} … {} lines more", lines.len() - SHOWN).unwrap();
        }
    };
    show(' ', &old[before.saturating_sub(CONTEXT)..before]);
    show('-', &old[before..old.len() - after]);
    show('+', &new[before..new.len() - after]);
    show(' ', &old[old.len() - after..(old.len() - after + CONTEXT).min(old.len())]);
    text
}

#[test]
fn a_difference_shows_what_changed_and_where() {
    assert_eq!(difference("a\nb\nc\nd\n", "a\nb\nx\ny\nd\n"), "    a\n    b\n  - c\n  + x\n  + y\n    d\n");
    assert_eq!(difference("a\na\n", "a\n"), "    a\n  - a\n");
}
