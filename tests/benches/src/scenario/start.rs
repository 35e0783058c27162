//! A server starts with a world that is there already.

use serde::{Deserialize, Serialize};

use super::propagation::{LIMIT, milliseconds, number, settle};
use crate::clock;
use crate::generator::Generator;
use crate::load::{Options, Variant};
use crate::subject::{Api, Programs, Server, World, chancery};

/// What was measured, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Started {
    /// How many Services there are.
    pub services: usize,
    /// How many endpoints each has.
    pub endpoints: usize,
    /// From the start of the process until a client has everything; none if it never had.
    pub full_ms: Option<f64>,
    /// The most memory that it had, in bytes.
    pub peak: u64,
    /// Its memory at the end, in bytes.
    pub resident: u64,
}

impl Started {
    /// All of it in a line.
    pub fn line(&self) -> String {
        let Self { services, endpoints, full_ms, peak, resident } = self;
        let full = full_ms.unwrap_or(f64::NAN);
        let [peak, resident] = [peak, resident].map(|bytes| number(*bytes) / 1e6);
        format!("{services:>5} x {endpoints:<5} full after {full:.0} ms, {resident:.0} MB, peak {peak:.0} MB")
    }
}

/// Measures `chancery serve --manifests` with one delta client that waits for it.
pub async fn start(programs: &Programs, services: usize, endpoints: usize) -> anyhow::Result<Started> {
    let world = World::new(services, endpoints)?;
    measure(programs, &world.arguments(), services, endpoints).await
}

/// Measures `chancery serve` on a real Kubernetes API in the same way.
pub async fn start_on(programs: &Programs, api: &Api) -> anyhow::Result<Started> {
    measure(programs, &api.arguments(Server::Chancery), api.services, api.endpoints).await
}

async fn measure(programs: &Programs, source: &[String], services: usize, endpoints: usize) -> anyhow::Result<Started> {
    let begun = clock::now();
    let serve = chancery::begin(&programs.chancery, source)?;
    let variant = Variant::Delta;
    let options =
        Options { address: serve.xds, clients: 1, names: services, variant, resume: false, stuck: 0, flooding: 0 };
    let (mut generator, _) = Generator::start(&programs.bench, &options).await?;
    let full = generator.complete(LIMIT).await?;
    // The answer was the last that it had to do; what it frees behind it is freed by then.
    settle(serve.process()).await?;
    let usage = serve.process().usage()?;
    let full_ms = full.map(|at| milliseconds(begun, at));
    Ok(Started { services, endpoints, full_ms, peak: usage.peak, resident: usage.resident })
}
