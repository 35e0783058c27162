//! How long a change takes from where it is written to a client that holds everything, and what it costs to hold it.
//!
//! `cargo bench --bench latency`, after `make test` has set up the programs of Kubernetes (without them, and with
//! `--no-cluster`, only the manifests are measured). Everything runs on this machine and shares its cores.

mod cluster;
mod figures;
mod files;
mod holder;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        files::run().await.context("manifests")?;
        if std::env::args().any(|argument| argument == "--no-cluster") {
            return Ok(());
        }
        cluster::run().await.context("cluster")
    })
}
