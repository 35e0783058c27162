//! Where the programs are: ours where cargo puts them, others' where `make` says that it has installed them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::envoy::Program;

/// `chancery`, as built with the program that runs. See [`beside`].
pub fn chancery() -> anyhow::Result<PathBuf> {
    beside("chancery")
}

/// The program of this name in the directory of the one that runs; if that is a test, in the directory above, where cargo
/// puts programs.
pub fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("can't tell where this program is")?;
    let directory = this.parent().context("a program is in a directory")?;
    let directory = if directory.ends_with("deps") { directory.parent().unwrap_or(directory) } else { directory };
    let program = directory.join(name);
    ensure!(program.is_file(), "there is no {name} in {}: `cargo build --bin {name}` makes one", directory.display());
    Ok(program)
}

/// What a program prints with these arguments. An error, with what it says, when it fails.
pub fn printed(program: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("can't run {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} {}: {said}", program.display(), arguments.join(" "));
    String::from_utf8(output.stdout).with_context(|| format!("{} prints no UTF-8", program.display()))
}

/// The Envoy to test with.
///
/// # Panics
/// When there is none.
pub fn envoy() -> Program {
    Program::find(Some(&named("CHANCERY_ENVOY"))).expect("an Envoy that is new enough")
}

/// The Envoy of this version, one of [`VERSIONS`](crate::envoy::VERSIONS).
///
/// # Panics
/// When there is none, or another one in its place.
pub fn envoy_of(version: &str) -> Program {
    let program = Program::find(Some(&named("CHANCERY_ENVOYS").join(version))).expect("an Envoy that is new enough");
    assert!(program.version.to_string().starts_with(&format!("{version}.")), "{version} is {}", program.version);
    program
}

/// A real gRPC client of this family, as `tests/tools/clients` installs it.
///
/// # Panics
/// When nothing says where it is.
pub fn client(family: &str) -> PathBuf {
    named("CHANCERY_CLIENTS").join(family).join("client")
}

/// The directory with `kube-apiserver`, `etcd` and `kubectl`.
///
/// # Panics
/// When nothing says where it is.
pub fn kubernetes() -> PathBuf {
    named("CHANCERY_KUBERNETES")
}

fn named(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| panic!("{variable} isn't set: `make test` sets it to what it installs")).into()
}
