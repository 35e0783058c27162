//! Generates the Rust types of this package. No `protoc`, no copied file, no network.
//!
//! ```text
//! cargo metadata ─→ folder of envoy-types ─┐
//!                                          ├─ protox ─→ descriptors ─┬─ prost, tonic ─→ OUT_DIR/protos.rs, *.rs
//! proto/ (ours) ───────────────────────────┘                         └─ stripped ─────→ OUT_DIR/descriptors.bin
//! ```

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use prost::Message as _;
use prost_types::FileDescriptorSet;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The package that carries Envoy's .proto files.
const CARRIER: &str = "envoy-types";

/// Its folders of .proto files, all searched for imports.
const INCLUDES: &[&str] = &["data-plane-api", "googleapis", "protoc-gen-validate", "xds"];

/// Files we use; what they import comes with them.
const ROOTS: &[&str] = &[
    "chancery/echo/v1/echo.proto",
    "envoy/admin/v3/clusters.proto",
    "envoy/admin/v3/config_dump.proto",
    "envoy/config/bootstrap/v3/bootstrap.proto",
    "envoy/config/cluster/v3/cluster.proto",
    "envoy/config/endpoint/v3/endpoint.proto",
    "envoy/config/listener/v3/listener.proto",
    "envoy/config/route/v3/route.proto",
    "envoy/extensions/access_loggers/file/v3/file.proto",
    "envoy/extensions/access_loggers/stream/v3/stream.proto",
    "envoy/extensions/filters/http/router/v3/router.proto",
    "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
    "envoy/extensions/load_balancing_policies/client_side_weighted_round_robin/v3/client_side_weighted_round_robin.proto",
    "envoy/extensions/load_balancing_policies/common/v3/common.proto",
    "envoy/extensions/load_balancing_policies/least_request/v3/least_request.proto",
    "envoy/extensions/load_balancing_policies/maglev/v3/maglev.proto",
    "envoy/extensions/load_balancing_policies/pick_first/v3/pick_first.proto",
    "envoy/extensions/load_balancing_policies/random/v3/random.proto",
    "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.proto",
    "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.proto",
    "envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality.proto",
    "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto",
    "envoy/extensions/transport_sockets/tls/v3/tls.proto",
    "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
    "envoy/service/cluster/v3/cds.proto",
    "envoy/service/discovery/v3/ads.proto",
    "envoy/service/discovery/v3/discovery.proto",
    "envoy/service/endpoint/v3/eds.proto",
    "envoy/service/listener/v3/lds.proto",
    "envoy/service/load_stats/v3/lrs.proto",
    "envoy/service/route/v3/rds.proto",
    "envoy/service/secret/v3/sds.proto",
    "envoy/service/status/v3/csds.proto",
    "google/rpc/status.proto",
];

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=Cargo.toml");

    let ours = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let carried = carrier_folder(&ours, &out)?.join("proto");

    let mut includes = vec![ours.join("proto")];
    includes.extend(INCLUDES.iter().map(|folder| carried.join(folder)));
    let mut descriptors = compile(&includes)?;
    generate(descriptors.clone())?;

    // Nobody asks the embedded set for comments, and most of its size would be comments.
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    Ok(())
}

/// Where cargo unpacked the carrier.
///
/// Asked of a package that depends on the carrier alone. Asked of our own workspace, `cargo metadata --offline` would
/// insist on every package of it, and `cargo build` downloads neither development dependencies nor those of other
/// platforms.
fn carrier_folder(ours: &Path, out: &Path) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = fs::read_to_string(ours.join("Cargo.toml"))?;
    let requirement = requirement(&manifest)?;

    let probe = out.join("probe");
    fs::create_dir_all(probe.join("src"))?;
    fs::write(probe.join("src/lib.rs"), "")?;
    let manifest = probe.join("Cargo.toml");
    fs::write(
        &manifest,
        format!(
            "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{requirement}\n\n[workspace]\n"
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
        // Here, not in OUT_DIR: cargo looks for its configuration (vendored sources, say) from where it stands.
        .current_dir(ours)
        .output()?;
    if !metadata.status.success() {
        let reason = String::from_utf8_lossy(&metadata.stderr);
        return Err(format!("cargo metadata does not find {CARRIER}: {reason}").into());
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

/// The line of our manifest that pins the carrier, so that its version is written once.
fn requirement(manifest: &str) -> Result<&str> {
    manifest
        .lines()
        .find(|line| line.split(['=', '.']).next().unwrap_or_default().trim() == CARRIER)
        .ok_or_else(|| format!("Cargo.toml has no line that starts with `{CARRIER} =`").into())
}

/// Compiles the roots and all they import; tells cargo which files these were.
fn compile(includes: &[PathBuf]) -> Result<FileDescriptorSet> {
    let mut compiler = protox::Compiler::new(includes)?;
    compiler.include_imports(true).include_source_info(true).open_files(ROOTS)?;
    for path in compiler.files().filter_map(|file| file.path()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    Ok(compiler.file_descriptor_set())
}

/// Writes the Rust types, and `protos.rs` that holds their module tree.
fn generate(mut descriptors: FileDescriptorSet) -> Result<()> {
    // Envoy's comments are written for another renderer: as rustdoc they are broken links and doctests that fail.
    for file in &mut descriptors.file {
        if !file.package().starts_with("chancery.") {
            file.source_code_info = None;
        }
    }
    let mut config = prost_build::Config::new();
    config
        .btree_map(["."])
        .enable_type_names()
        .type_name_domain(["."], "type.googleapis.com")
        .include_file("protos.rs");
    #[cfg(feature = "client")]
    config.service_generator(Box::new(services::Services::new()));
    config.compile_fds(descriptors)?;
    Ok(())
}

#[cfg(feature = "client")]
mod services {
    use prost_build::ServiceGenerator;

    /// Chooses, for each gRPC service, what to generate.
    pub struct Services {
        client: Box<dyn ServiceGenerator>,
        client_and_server: Box<dyn ServiceGenerator>,
    }

    impl Services {
        pub fn new() -> Self {
            let client = tonic_prost_build::configure().build_server(false);
            Self {
                client: client.clone().service_generator(),
                client_and_server: client.build_server(true).service_generator(),
            }
        }
    }

    impl ServiceGenerator for Services {
        fn generate(&mut self, service: prost_build::Service, buf: &mut String) {
            match format!("{}.{}", service.package, service.proto_name).as_str() {
                // Chancery writes these servers by hand: they send bytes that are encoded already, or read less.
                "envoy.service.discovery.v3.AggregatedDiscoveryService"
                | "envoy.service.load_stats.v3.LoadReportingService"
                | "envoy.service.status.v3.ClientStatusDiscoveryService" => {
                    self.client.generate(service, buf);
                }
                "chancery.echo.v1.Echo" => self.client_and_server.generate(service, buf),
                _ => {}
            }
        }
    }
}
