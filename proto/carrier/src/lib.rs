//! Finds Envoy's `.proto` files, for a build script. No copied file, no network.
//!
//! The published package `envoy-types`, pinned to one version, carries them beside Rust code that nobody here uses, and the
//! gRPC stack that this code needs: in one timed build (2 cores, busy) compiling it took 48 s by the clock. So the dependency is
//! optional, and its feature, `download`, is asked for on no platform at all (`../Cargo.toml`). Cargo downloads what the
//! features of all platforms ask for, as it must read a package before it knows what is in it. It compiles what the
//! features of this platform ask for. `cargo fetch` and `cargo vendor` get the package, too.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What went wrong, in words; it ends the build.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The package that carries the files.
const CARRIER: &str = "envoy-types";

/// Its folders of `.proto` files that we search for imports.
const INCLUDES: &[&str] = &["data-plane-api", "googleapis", "protoc-gen-validate", "xds"];

/// The folders in which Envoy's files are, and what they import. Tells cargo to run the build script anew when the pin
/// changes. Writes a package to ask cargo with into `scratch`.
///
/// # Errors
///
/// If cargo has not downloaded the package.
pub fn includes(scratch: &Path) -> Result<Vec<PathBuf>> {
    let proto = carrier_folder(scratch)?.join("proto");
    Ok(INCLUDES.iter().map(|folder| proto.join(folder)).collect())
}

/// Where cargo unpacked the carrier.
///
/// Asked of a package that depends on the carrier alone. Asked of our own workspace, `cargo metadata --offline` would
/// insist on every package of it, and `cargo build` downloads neither development dependencies nor those of other
/// platforms.
fn carrier_folder(scratch: &Path) -> Result<PathBuf> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = ours.join("Cargo.toml");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let manifest = fs::read_to_string(manifest)?;
    let version = version(&manifest)?;

    let probe = scratch.join("probe");
    fs::create_dir_all(probe.join("src"))?;
    fs::write(probe.join("src/lib.rs"), "")?;
    let manifest = probe.join("Cargo.toml");
    fs::write(
        &manifest,
        format!(
            "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{CARRIER} = \"{version}\"\n\n[workspace]\n"
        ),
    )?;

    // The same lock file, so that the probe asks for nothing but what is here already.
    let root = Command::new(&cargo)
        .args(["locate-project", "--workspace", "--message-format", "plain"])
        .current_dir(ours)
        .output()?;
    let root = PathBuf::from(String::from_utf8(root.stdout)?.trim());
    let lock = root.with_file_name("Cargo.lock");
    if lock.is_file() {
        fs::copy(lock, probe.join("Cargo.lock"))?;
    }

    let metadata = Command::new(&cargo)
        .args(["metadata", "--offline", "--format-version", "1"])
        .args(["--filter-platform", &env::var("HOST")?])
        .arg("--manifest-path")
        .arg(&manifest)
        // Here, not in the probe: cargo looks for its configuration (vendored sources, say) from where it stands.
        .current_dir(ours)
        .output()?;
    if !metadata.status.success() {
        let reason = String::from_utf8_lossy(&metadata.stderr);
        return Err(format!("cargo metadata does not find {CARRIER} (cargo fetch gets it): {reason}").into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout)?;
    metadata
        .get("packages")
        .and_then(|packages| packages.as_array())
        .into_iter()
        .flatten()
        .filter(|package| package.get("name").is_some_and(|name| name == CARRIER))
        .find_map(|package| Path::new(package.get("manifest_path")?.as_str()?).parent())
        .map(Path::to_path_buf)
        .ok_or_else(|| format!("{CARRIER} is not among the packages of its own probe").into())
}

/// The version of the carrier that our manifest asks for, so that it is written once.
fn version(manifest: &str) -> Result<&str> {
    manifest
        .lines()
        .find(|line| line.split(['=', '.']).next().unwrap_or_default().trim() == CARRIER)
        .and_then(|line| line.split('"').nth(1))
        .ok_or_else(|| format!("Cargo.toml has no line `{CARRIER} = … \"version\"`").into())
}
