//! Every seed, in an ordinary build: what was found once stays found.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::path::Path;

fn run_seeds(target: &str, function: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut count = 0;
    for seed in fs::read_dir(&folder).unwrap() {
        let path = seed.unwrap().path();
        // Shown only when it fails, and then as the last line.
        println!("{}", path.display());
        function(&fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 2, "few seeds in {}", folder.display());
}

#[test]
fn the_seeds_of_requests_pass() {
    run_seeds("requests", fuzz::requests);
}

#[test]
fn the_seeds_of_session_pass() {
    run_seeds("session", fuzz::session);
}

#[test]
fn the_seeds_of_annotations_pass() {
    run_seeds("annotations", fuzz::annotations);
}

#[test]
fn the_seeds_of_manifests_pass() {
    run_seeds("manifests", fuzz::manifests);
}
