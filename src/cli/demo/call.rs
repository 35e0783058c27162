//! `chancery demo call`: calls by hand, through an Envoy.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Args;
use data_plane_api::echo::client::EchoClient;

use super::load::{call, dial};
use super::world::AUTHORITY;
use crate::cli::{Exit, Failure};

/// Call the demo's Service and print which pods answered
#[derive(Debug, Args)]
pub(super) struct Call {
    /// Where Envoy listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:10000")]
    envoy_address: SocketAddr,

    /// The Service, as a client dials it
    #[arg(long, value_name = "NAME:PORT", default_value = AUTHORITY)]
    service: String,

    /// How many calls, one after the other on one connection
    #[arg(long, value_name = "N", default_value_t = 10)]
    times: u32,
}

impl Call {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Exit, Failure> {
        let Self { envoy_address, service, times } = self;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("can't start the runtime")
            .map_err(Failure::input)?;
        runtime.block_on(async {
            let channel = match dial(envoy_address, &service).await {
                Ok(channel) => channel,
                Err(error) => {
                    eprintln!("error: {error:#}");
                    return Ok(Exit::Unreachable);
                }
            };
            let mut client = EchoClient::new(channel);
            for _ in 0..times {
                match call(&mut client, "hello").await {
                    Ok(pod) => writeln!(out, "{pod}")?,
                    Err(status) => return Err(Failure::input(anyhow::anyhow!("{service}: {status}"))),
                }
            }
            Ok(Exit::Ok)
        })
    }
}
