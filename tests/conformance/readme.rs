//! The tables of the README's section "Conformance". With `UPDATE_README=1` they are written anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::area::Area;
use crate::cases::CASES;

const BEGIN: &str = "<!-- conformance:begin -->\n";
const END: &str = "<!-- conformance:end -->\n";

/// The Envoys that are driven, and the ways in which each asks.
const ENVOYS: [&str; 3] = ["1.36", "1.38", "1.40"];
const VARIANTS: [&str; 4] =
    ["ADS, state of the world", "ADS, delta", "separate, state of the world", "separate, delta"];

/// Which of these have a test: an Envoy and a variant. Their table is in the README as soon as there is one.
const DRIVEN: [(&str, &str); 0] = [];

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
    if std::env::var_os("UPDATE_README").is_some_and(|value| value == "1") {
        fs::write(&path, format!("{before}{BEGIN}{rendered}{END}{after}")).unwrap();
        return;
    }
    panic!(
        "README.md says\n{tables}\nand should say\n{rendered}\n(UPDATE_README=1 cargo test --test conformance readme)"
    );
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

/// Which Envoys are driven in which variants; nothing while none is.
fn envoys() -> String {
    if DRIVEN.is_empty() {
        return String::new();
    }
    let mut table = format!("\n| Envoy | {} |\n|---|{}\n", ENVOYS.join(" | "), "---|".repeat(ENVOYS.len()));
    for variant in VARIANTS {
        let cell = |envoy: &&str| if DRIVEN.contains(&(*envoy, variant)) { "yes" } else { "no" };
        let cells: Vec<&str> = ENVOYS.iter().map(cell).collect();
        writeln!(table, "| {variant} | {} |", cells.join(" | ")).unwrap();
    }
    table
}
