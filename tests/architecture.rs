//! The floors of the house (see the page of the crate): arrows point down only, siblings don't import each other, and
//! the pure rooms stay pure.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Whatever is below the commands, and below the composition root.
const BELOW_CLI: &[&str] = &[
    "app",
    "server",
    "admin",
    "pipeline",
    "events",
    "source",
    "translate",
    "protocol",
    "channels",
    "identity",
    "model",
    "xds",
    "telemetry",
];
const BELOW_APP: &[&str] = BELOW_CLI.split_at(1).1;

/// Each room with the rooms that it may import.
const FLOORS: &[(&str, &[&str])] = &[
    ("telemetry", &[]),
    ("xds", &[]),
    ("model", &[]),
    ("translate", &["model", "xds"]),
    ("identity", &["model", "xds"]),
    ("channels", &["model", "xds"]),
    ("protocol", &["xds"]),
    ("source", &["model"]),
    ("pipeline", &["source", "translate", "channels", "model", "xds", "telemetry"]),
    ("admin", &["channels", "model", "xds", "telemetry"]),
    ("server", &["protocol", "channels", "identity", "xds", "telemetry"]),
    ("events", &["source", "model"]),
    ("app", BELOW_APP),
    ("cli", BELOW_CLI),
];

/// Rooms within a room that may not import each other: what they share lies beside them.
const SIBLINGS: &[(&str, &[&str])] = &[("translate", &["envoy", "grpc"]), ("source", &["kubernetes", "manifests"])];

/// Rooms that know no runtime, no client, no clock, no log, no I/O …
const PURE: &[&str] = &["model", "translate", "protocol", "xds", "source/objects", "events/warning.rs"];

/// … which is to say none of these.
const IMPURE: &[&str] = &[
    "tokio::",
    "kube::",
    "tracing::",
    "Instant::now",
    "SystemTime",
    "std::fs",
    "std::time::Instant",
    "TcpStream",
    "std::env",
    "println!",
];

#[test]
fn arrows_point_down() {
    let floors: BTreeMap<_, _> = FLOORS.iter().copied().collect();
    let mut faults = Vec::new();
    for (path, room, code) in sources() {
        let Some(allowed) = floors.get(room.as_str()) else {
            faults.push(format!("{}: the room `{room}` is on no floor", path.display()));
            continue;
        };
        for import in crate_paths(&code) {
            if import != room && !allowed.contains(&import.as_str()) {
                faults.push(format!("{}: `{room}` may not import `{import}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn siblings_do_not_import_each_other() {
    let mut faults = Vec::new();
    for (path, room, code) in sources() {
        let Some((parent, siblings)) = SIBLINGS.iter().find(|(parent, _)| *parent == room) else { continue };
        let Some(own) = siblings.iter().find(|own| path.starts_with(Path::new("src").join(parent).join(own))) else {
            continue;
        };
        for import in paths_after(&code, &format!("{parent}::")).into_iter().chain(paths_after(&code, "super::")) {
            if import != *own && siblings.contains(&import.as_str()) {
                faults.push(format!("{}: `{parent}/{own}` may not import `{parent}/{import}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn pure_rooms_stay_pure() {
    let mut faults = Vec::new();
    for (path, _, code) in sources() {
        let in_src = path.strip_prefix("src").unwrap();
        if !PURE.iter().any(|room| in_src.starts_with(room)) {
            continue;
        }
        for word in IMPURE.iter().filter(|word| code.contains(**word)) {
            faults.push(format!("{}: names `{word}`", path.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn files_are_small() {
    let big: Vec<String> = sources()
        .into_iter()
        .map(|(path, _, code)| (path, code.lines().count()))
        .filter(|(_, lines)| *lines > 500)
        .map(|(path, lines)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(big.is_empty(), "more than 500 lines:\n{}", big.join("\n"));
}

#[test]
fn an_upward_arrow_would_be_seen() {
    let code = "use crate::{server::Context, xds::{Name, Version}};\nlet x = crate::cli::main();";
    assert_eq!(crate_paths(code), ["server", "xds", "cli"]);
}

#[test]
fn a_sibling_would_be_seen() {
    let code = "use crate::translate::{names, grpc::meaning};\nuse super::super::grpc;\nuse super::{envoy, route};";
    assert_eq!(paths_after(code, "translate::"), ["names", "grpc"]);
    assert_eq!(paths_after(code, "super::"), ["super", "grpc", "envoy", "route"]);
}

/// The path (from the repository), room and code of every source file that isn't a test; code without its comments.
fn sources() -> Vec<(PathBuf, String, String)> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&repository.join("src"), &mut found);
    assert!(found.len() > 30, "the sources weren't found");
    found
        .into_iter()
        .filter_map(|path| {
            let relative = path.strip_prefix(repository).unwrap().to_path_buf();
            let room = relative.components().nth(1)?.as_os_str().to_str()?.to_owned();
            let is_test =
                relative.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
            // The page of the crate and the binary stand above all floors.
            let is_root = matches!(room.as_str(), "lib.rs" | "main.rs");
            if is_test || is_root {
                return None;
            }
            let code = fs::read_to_string(&path).unwrap();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            Some((relative, room, code))
        })
        .collect()
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms named by `crate::room…` and by `crate::{room…, room…}`.
fn crate_paths(code: &str) -> Vec<String> {
    paths_after(code, "crate::")
}

/// The modules named by `prefix…` and by `prefix{module…, module…}`.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        // `$crate` and `some_crate::` are something else.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(top_level(group));
        } else {
            rooms.push(identifier(rest));
        }
    }
    rooms
}

/// The first identifiers of the parts of a braced group, which `group` begins inside of.
fn top_level(group: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            _ => {}
        }
        if depth == 0 && c != ',' {
            parts.last_mut().unwrap().push(c);
        }
    }
    parts.iter().map(|part| identifier(part.trim())).filter(|room| !room.is_empty()).collect()
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}
