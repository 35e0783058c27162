//! The tables of the README's section "Conformance". With `UPDATE=1` they are written anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use rig::envoy::{VERSIONS, Variant};

use crate::area::Area;
use crate::cases::CASES;

const BEGIN: &str = "<!-- conformance:begin -->\n";
const END: &str = "<!-- conformance:end -->\n";

#[test]
fn the_readme_says_what_is_tested() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (tables, after) = rest.split_once(END).unwrap();
    let rendered = format!("{}{}", cases(), envoys());
    if tables == rendered {
        return;
    }
    if rig::page::is_updated() {
        fs::write(&path, format!("{before}{BEGIN}{rendered}{END}{after}")).unwrap();
        return;
    }
    panic!("README.md says\n{tables}\nand should say\n{rendered}\n(UPDATE=1 cargo test --test conformance readme)");
}

/// The areas, how many cases each has, and what they are about.
fn cases() -> String {
    let mut table = "| Area | Cases | What it is about |\n|---|---|---|\n".to_owned();
    for area in Area::ALL {
        let count = CASES.iter().filter(|(_, of, _)| *of == area).count();
        let (letter, title, about) = (area.letter(), area.title(), area.about());
        writeln!(table, "| {letter}: {title} | {count} | {about} |").unwrap();
    }
    writeln!(table, "| all | {} | |", CASES.len()).unwrap();
    table
}

/// Which Envoys are driven, in which variants: `tests/envoy_versions` has two tests for each combination of the two lists.
fn envoys() -> String {
    let mut table = format!("\n| Envoy | {} |\n|---|{}\n", VERSIONS.join(" | "), "---|".repeat(VERSIONS.len()));
    for variant in Variant::ALL {
        writeln!(table, "| {variant} |{}", " worlds, churn |".repeat(VERSIONS.len())).unwrap();
    }
    table
}
