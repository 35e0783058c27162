//! The floors of the house (see the page of the crate): arrows point down only, siblings don't import each other, and
//! the pure rooms stay pure.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The page of the crate, which has the table of the floors and the list of pure rooms.
const PAGE: &str = include_str!("../src/lib.rs");

/// The crate of generated types: it is a room without a folder.
const PROTO: (&str, &str) = ("proto", "data_plane_api");

/// Rooms within a room that may not import each other: what they share lies beside them.
const SIBLINGS: &[(&str, &[&str])] = &[("translate", &["envoy", "grpc"]), ("source", &["kubernetes", "manifests"])];

/// What a pure room doesn't name: runtimes, clients, logs, I/O, clocks, and state that its callers share unseen.
const IMPURE: &[&str] = &[
    "tokio::",
    "kube::",
    "tracing::",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "println!",
    "Instant",
    "SystemTime",
    "static",
    "thread_local!",
    "Mutex",
    "RwLock",
    "Atomic",
];

/// A row of the table: on which floor a room is, and what it may import.
#[derive(Debug, PartialEq)]
struct Room {
    floor: u8,
    imports: Vec<String>,
}

/// The table of the page, by room.
fn floors(page: &str) -> BTreeMap<String, Room> {
    let table = page.split("//! # Floors").nth(1).unwrap().split("//! ```").nth(1).unwrap();
    let mut floor = 0;
    let mut rows = Vec::new();
    for row in table.lines().skip(1) {
        let row = row.strip_prefix("//! ").unwrap();
        floor = row[..1].parse().unwrap_or(floor);
        let columns: Vec<&str> = row[2..].split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
        let [room, _, imports] = columns[..] else { panic!("three columns: {row}") };
        rows.push((floor, room, imports));
    }
    let below = |floor| rows.iter().filter(move |(other, ..)| *other < floor).map(|(_, room, _)| (*room).to_owned());
    let room = |&(floor, room, imports): &(u8, &str, &str)| {
        let imports = match imports {
            "may use all below" => below(floor).collect(),
            "–" => Vec::new(),
            names => names.split(", ").map(str::to_owned).collect(),
        };
        (room.to_owned(), Room { floor, imports })
    };
    rows.iter().map(room).collect()
}

/// The parts of the page's sentence on pure rooms: these rooms, but not these files.
fn pure_rooms(page: &str) -> (Vec<&str>, Vec<&str>) {
    let sentence = page.split("//! Pure rooms: ").nth(1).unwrap().split("//!\n").next().unwrap();
    let (rooms, exceptions) = sentence.split_once("Except").unwrap();
    (quoted(rooms), quoted(exceptions))
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn arrows_point_down() {
    let floors = floors(PAGE);
    let mut faults = Vec::new();
    for (room, Room { floor, imports }) in &floors {
        for import in imports.iter().filter(|import| floors.get(*import).is_none_or(|below| below.floor >= *floor)) {
            faults.push(format!("src/lib.rs: `{import}` isn't below `{room}`"));
        }
    }
    for (path, room, code) in sources() {
        let Some(Room { imports, .. }) = floors.get(&room) else {
            faults.push(format!("{}: the room `{room}` is on no floor", path.display()));
            continue;
        };
        let mut used = crate_paths(&code);
        used.extend(code.contains(PROTO.1).then(|| PROTO.0.to_owned()));
        for import in used {
            if import != room && !imports.contains(&import) {
                faults.push(format!("{}: `{room}` may not import `{import}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// A room that the page allows and nobody uses is a promise that isn't kept.
#[test]
fn every_arrow_is_used() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, room, code) in sources() {
        let proto = code.contains(PROTO.1).then(|| PROTO.0.to_owned());
        used.entry(room).or_default().extend(crate_paths(&code).into_iter().chain(proto));
    }
    let mut faults = Vec::new();
    for (room, Room { imports, .. }) in floors(PAGE) {
        if PAGE.lines().any(|row| row.contains(&format!(" {room} ")) && row.ends_with("may use all below")) {
            continue;
        }
        for import in imports.iter().filter(|import| !used.get(&room).is_some_and(|used| used.contains(*import))) {
            faults.push(format!("src/lib.rs: `{room}` doesn't import `{import}`"));
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
    let (rooms, exceptions) = pure_rooms(PAGE);
    assert!(rooms.len() > 4, "the pure rooms weren't found: {rooms:?}");
    let mut faults = Vec::new();
    for (path, _, code) in sources() {
        let in_src = path.strip_prefix("src").unwrap();
        if !rooms.iter().any(|room| in_src.starts_with(room)) || exceptions.iter().any(|file| in_src.starts_with(file))
        {
            continue;
        }
        for word in IMPURE.iter().filter(|word| names(&code, word)) {
            faults.push(format!("{}: names `{word}`", path.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Whether code names a word; `'static` and the end of `quasistatic` are other words.
fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '\'')
    })
}

#[test]
fn an_impure_word_would_be_seen() {
    assert!(names("static SHARED: Mutex<()> = …", "static") && names("use std::sync::{Arc, Mutex};", "Mutex"));
    assert!(!names("fn f(text: &'static str)", "static"));
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
