//! `demo call`: calls by hand, through an Envoy.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::bail;
use clap::Args;
use data_plane_api::echo::client::EchoClient;
use rig::load::{call, dial};

use crate::block_on;
use crate::world::AUTHORITY;

/// Call the demo's Service and print which pods answered
#[derive(Debug, Args)]
pub struct Call {
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
    pub fn run(self, out: &mut dyn Write) -> anyhow::Result<()> {
        let Self { envoy_address, service, times } = self;
        block_on(async {
            let mut client = EchoClient::new(dial(envoy_address, &service).await?);
            for _ in 0..times {
                match call(&mut client, "hello").await {
                    Ok(pod) => writeln!(out, "{pod}")?,
                    Err(status) => bail!("{service}: {status}"),
                }
            }
            Ok(())
        })
    }
}
