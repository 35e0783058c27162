//! Real gRPC clients, as `tests/tools/clients` installs them.

use std::path::PathBuf;

/// Names the directory with a program of each family.
const CLIENTS: &str = "CHANCERY_CLIENTS";

/// The program of this family.
///
/// # Panics
/// When nothing says where it is.
pub fn program(family: &str) -> PathBuf {
    let directory = std::env::var_os(CLIENTS);
    let directory =
        directory.unwrap_or_else(|| panic!("{CLIENTS} doesn't name a directory of gRPC clients: run `make test`"));
    PathBuf::from(directory).join(family).join("client")
}
