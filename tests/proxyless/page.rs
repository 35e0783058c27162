//! The page on gRPC clients, `docs/grpc-clients.md`: its matrix is made from the table that the tests consult.
//!
//! With `UPDATE=1` it is written anew.

use std::fmt::Write as _;

use crate::family::{Family, locked};
use crate::features::{Entry, GROUPS};

const PAGE: &str = "docs/grpc-clients.md";

/// What stands above the matrix, and what below.
const ABOVE: &str = include_str!("page/above.md");
const BELOW: &str = include_str!("page/below.md");

#[test]
fn is_what_the_table_says() {
    let page = format!("{ABOVE}\n{}\n{BELOW}", matrix());
    rig::page::is_current(PAGE, &page, "cargo test --test proxyless page");
}

fn matrix() -> String {
    let mut matrix = "| |".to_owned();
    for family in Family::ALL {
        write!(matrix, " {} {} |", family.title(), family.version()).unwrap();
    }
    matrix.push_str("\n|---|---|---|---|---|\n");
    for group in &GROUPS {
        writeln!(matrix, "| **{}** | | | | |", group.title).unwrap();
        for entry in group.entries {
            let Entry { title, note, .. } = entry;
            let cells = Family::ALL.map(|family| match entry.lack(family) {
                Some(instead) => format!("no: {instead}"),
                None => "yes".to_owned(),
            });
            writeln!(matrix, "| {title}: {note} | {} |", cells.join(" | ")).unwrap();
        }
    }
    let registered = locked("@grpc/grpc-js-xds");
    writeln!(
        matrix,
        "\ngrpc-js is tested with @grpc/grpc-js-xds {registered}. grpcio is the gRPC of C++ with Python on top."
    )
    .unwrap();
    matrix
}
