//! The reference page of the annotations, `docs/annotations.md`: made from the table that the parser uses.
//!
//! With `UPDATE=1` it is written anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::fmt::Write as _;
use std::fs;

use chancery::model::settings::{GROUPS, Group, Grpc, PREFIX, Reach, Setting};

mod effects;

const PAGE: &str = "docs/annotations.md";

/// What stands above the reference.
const INTRODUCTION: &str = include_str!("introduction.md");

#[test]
fn the_page_is_what_the_table_says() {
    rig::page::is_current(PAGE, &page(), "cargo test --test annotations");
}

/// Every setting is shown at work by a golden case, which real Envoys load.
#[test]
fn every_setting_has_a_golden_case() {
    let services = golden_services();
    for Setting { key, .. } in Setting::all() {
        assert!(shows(&services, key).is_some(), "no Service {key} with {PREFIX}{key}");
    }
}

/// Every Service of the golden cases of keys, as it is written.
fn golden_services() -> Vec<String> {
    let inputs = fs::read_dir("tests/golden/keys").unwrap().map(|case| case.unwrap().path().join("in.yaml"));
    let inputs = inputs.map(|input| fs::read_to_string(input).unwrap());
    inputs.flat_map(|input| input.split("---\n").map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The Service that is named for this key, and has it.
fn shows<'a>(services: &'a [String], key: &str) -> Option<&'a String> {
    let name = format!("  name: {key}\n");
    services.iter().find(|service| service.contains(&name) && service.contains(&annotation(key)))
}

/// What the line of the golden cases begins with that sets this key.
fn annotation(key: &str) -> String {
    format!("    {PREFIX}{key}: ")
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## All settings\n\n| Key | Default | gRPC | |\n|---|---|---|---|\n");
    for setting in Setting::all() {
        let Setting { key, about, grpc, .. } = setting;
        let grpc = if matches!(grpc, Grpc::Becomes(_)) { "yes" } else { "–" };
        writeln!(page, "| [`{key}`](#{key}) | {} | {grpc} | {about} |", default(setting)).unwrap();
    }
    for group in &GROUPS {
        section(&mut page, group);
    }
    page
}

fn section(page: &mut String, group: &Group) {
    let Group { title, about, settings } = group;
    write!(page, "\n## {title}\n\n{about}\n").unwrap();
    for setting in *settings {
        let Setting { key, about, example, reach, needs, envoy, grpc, note, .. } = setting;
        write!(page, "\n### `{key}`\n\n{about}\n\n- Values: {}\n- Default: {}\n", setting.accepts(), default(setting))
            .unwrap();
        writeln!(page, "- Example: `{PREFIX}{key}: \"{example}\"`").unwrap();
        if *reach == Reach::DefaultPort {
            writeln!(page, "- Without a port: the default port").unwrap();
        }
        if let Some(need) = needs {
            writeln!(page, "- Only with: {}", need.what).unwrap();
        }
        writeln!(page, "- Envoy: {envoy}").unwrap();
        match grpc {
            Grpc::Becomes(what) => writeln!(page, "- gRPC: {what}").unwrap(),
            Grpc::Nothing(why) => writeln!(page, "- gRPC: no effect: {why}").unwrap(),
        }
        if !note.is_empty() {
            write!(page, "\n{note}\n").unwrap();
        }
    }
}

fn default(setting: &Setting) -> String {
    if setting.default_is_words { setting.default.to_owned() } else { format!("`{}`", setting.default) }
}
