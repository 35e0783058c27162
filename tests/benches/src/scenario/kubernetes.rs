//! From a write to a real Kubernetes API to the clients of a server that watches it, beside a bare watch of the same.
//!
//! kube-apiserver and etcd run on the same cores as all else; so the part of the server is what lies above the watch.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use super::propagation::{LIMIT, milliseconds, number, settle};
use crate::generator::Generator;
use crate::load::{Options, Variant};
use crate::report::{Figures, Receptions};
use crate::subject::{Api, BareWatch, Programs, Server, Watching};

/// What was measured, once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written {
    /// Of what.
    pub server: Server,
    /// How the clients speak.
    pub variant: Variant,
    /// How many Services there are.
    pub services: usize,
    /// How many endpoints each has.
    pub endpoints: usize,
    /// How many clients there are.
    pub clients: usize,
    /// How many assignments each client asks for: all of them.
    pub names: usize,
    /// Per write: from it to the bare watch.
    pub watch_ms: Figures,
    /// Per reception: from the write to a client.
    pub reception_ms: Figures,
    /// Per write: from it to the last client.
    pub last_ms: Figures,
    /// Per write: from the bare watch to the last client; less than nothing when the watch was later.
    pub above_ms: Figures,
    /// Processor time of the server, per write.
    pub cpu_ms: f64,
    /// Bytes of a response, without those of HTTP/2 and TCP.
    pub bytes: f64,
    /// Writes that not every client heard of in time.
    pub lost: usize,
}

impl Written {
    /// All of it in a line.
    pub fn line(&self) -> String {
        let Self { server, variant, services, endpoints, clients, names, .. } = self;
        let Self { watch_ms, reception_ms, last_ms, above_ms, cpu_ms, bytes, lost, .. } = self;
        let variant = format!("{variant:?}").to_lowercase();
        format!(
            "{:<45} {variant:<5} {services:>5} x {endpoints:<3} {clients:>4} x {names:<4} | watch p50 {:5.2}, clients p50 {:6.2} \
             p99 {:6.2} last {:6.2}, above the watch {:6.2} ms, {cpu_ms:6.2} ms cpu, {bytes:.0} B, {lost} lost",
            server.title(),
            watch_ms.median(),
            reception_ms.median(),
            reception_ms.at(0.99),
            last_ms.median(),
            above_ms.median(),
        )
    }
}

/// A Kubernetes API that is written to, by one server after the other.
pub struct Writes {
    api: Api,
    watch: BareWatch,
    /// The number of the last write: none is used twice, because what was written stays.
    last: u32,
}

/// What is measured of one server.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    /// Of which.
    pub server: Server,
    /// How the clients speak.
    pub variant: Variant,
    /// How many clients there are.
    pub clients: usize,
    /// How many writes there are.
    pub writes: u32,
}

/// A write: its number, when it was, and when the bare watch heard of it.
struct Write(u32, u64, u64);

impl Writes {
    /// Starts the API with these Services.
    pub async fn start(services: usize, endpoints: usize) -> anyhow::Result<Self> {
        let api = Api::start(services, endpoints).await?;
        let watch = api.watch().await?;
        Ok(Self { api, watch, last: 0 })
    }

    /// Measures a server, which is gone afterwards.
    pub async fn measure(&mut self, programs: &Programs, writing: Writing) -> anyhow::Result<Written> {
        let Writing { server, variant, clients, writes } = writing;
        let watching = Watching::start(programs, server, &self.api).await?;
        let names = self.api.services;
        let address = watching.address();
        let options = Options { address, clients, names, variant, resume: false, stuck: 0, flooding: 0 };
        let (mut generator, _) = Generator::start(&programs.bench, &options).await?;
        generator.ready(LIMIT).await?;
        settle(watching.process()).await?;
        generator.report().await?;

        let before = watching.process().usage()?;
        let (mut made, mut lost) = (Vec::new(), 0);
        for _ in 0..writes {
            let (write, had) = self.write(&mut generator).await?;
            made.push(write);
            lost += usize::from(!had);
            // The ACKs belong to the write, too; nobody but the server knows when it has them.
            sleep(Duration::from_millis(10)).await;
        }
        settle(watching.process()).await?;
        let after = watching.process().usage()?;
        let receptions = generator.report().await?;
        let received = receptions.changes.values().map(Vec::len).sum::<usize>().max(1);
        Ok(Written {
            server,
            variant,
            services: self.api.services,
            endpoints: self.api.endpoints,
            clients,
            names,
            watch_ms: made.iter().map(|Write(_, begun, watched)| milliseconds(*begun, *watched)).collect(),
            reception_ms: reception_ms(&made, &receptions).sketch(),
            last_ms: last(&made, &receptions).map(|(Write(_, begun, _), last)| milliseconds(*begun, last)).collect(),
            above_ms: last(&made, &receptions).map(|(Write(_, _, watched), last)| difference(*watched, last)).collect(),
            cpu_ms: after.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e3 / f64::from(writes.max(1)),
            bytes: number(receptions.bytes) / number(received as u64),
            lost,
        })
    }

    /// Writes, and returns when everybody has it; says whether all clients had it in time.
    async fn write(&mut self, generator: &mut Generator) -> anyhow::Result<(Write, bool)> {
        self.last += 1;
        let service = usize::try_from(self.last)? * 37 % self.api.services;
        let (begun, had, watched) = tokio::try_join!(
            self.api.change(service, self.last),
            generator.everybody(self.last, LIMIT),
            self.watch.hears(self.last),
        )?;
        Ok((Write(self.last, begun, watched), had))
    }
}

fn reception_ms(made: &[Write], receptions: &Receptions) -> Figures {
    let of = |Write(number, begun, _): &Write| {
        let times = receptions.changes.get(number).into_iter().flatten();
        times.map(|time| milliseconds(*begun, *time)).collect::<Vec<f64>>()
    };
    made.iter().flat_map(of).collect()
}

/// Each write with the time at which the last client had it.
fn last<'a>(made: &'a [Write], receptions: &Receptions) -> impl Iterator<Item = (&'a Write, u64)> {
    made.iter().filter_map(|write| Some((write, *receptions.changes.get(&write.0)?.iter().max()?)))
}

/// From one moment to another, which may be the earlier one.
fn difference(from: u64, to: u64) -> f64 {
    milliseconds(from, to) - milliseconds(to, from)
}
