//! Servers that watch a Kubernetes API.

use std::net::SocketAddr;

use rig::process::Process;
use rig::serve::Serve;
use serde::{Deserialize, Serialize};

use super::rival::Told;
use super::{Api, Kind, Programs, chancery};

/// The servers that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Server {
    /// `chancery serve`, with the rights of its service account.
    Chancery,
    /// go-control-plane's `LinearCache`, fed by the informers of client-go.
    Informer,
}

impl Server {
    /// What it is called in tables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Chancery => "Chancery",
            Self::Informer => "go-control-plane LinearCache fed by informers",
        }
    }

    /// Which of the servers it is, however it hears of changes.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Chancery => Kind::Chancery,
            Self::Informer => Kind::Linear,
        }
    }
}

/// One that runs.
#[derive(Debug)]
pub enum Watching {
    /// Ours.
    Chancery(Serve),
    /// The rival.
    Informer(Told),
}

impl Watching {
    /// Starts one, and returns when it serves what the API has.
    pub async fn start(programs: &Programs, server: Server, api: &Api) -> anyhow::Result<Self> {
        let arguments = api.arguments(server);
        Ok(match server {
            Server::Chancery => Self::Chancery(chancery::start(&programs.chancery, &arguments).await?),
            Server::Informer => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                Self::Informer(Told::start(&programs.rival, "kube", &arguments).await?)
            }
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        match self {
            Self::Chancery(serve) => serve.xds,
            Self::Informer(told) => told.address,
        }
    }

    /// Its process.
    pub const fn process(&self) -> &Process {
        match self {
            Self::Chancery(serve) => serve.process(),
            Self::Informer(told) => &told.process,
        }
    }
}
