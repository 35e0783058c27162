//! What the generator is told.

use std::net::SocketAddr;

/// Holds many clients in one process: each has a connection of its own, asks for assignments by name, and ACKs what it
/// gets. Says what happens, and takes commands, by lines: see the page of the module `load`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Where the server listens
    #[arg(long)]
    pub address: SocketAddr,
    /// How many clients there are
    #[arg(long)]
    pub clients: usize,
    /// How many assignments each asks for
    #[arg(long)]
    pub names: usize,
    /// How they speak
    #[arg(long, value_enum)]
    pub variant: Variant,
    /// A client that reconnects says what it holds (delta only)
    #[arg(long)]
    pub resume: bool,
    /// How many more clients ask, and then read nothing
    #[arg(long, default_value_t = 0)]
    pub stuck: usize,
    /// How many more clients ACK the same response a thousand times a second
    #[arg(long, default_value_t = 0)]
    pub flooding: usize,
}

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// Incremental xDS
    Delta,
    /// State-of-the-world xDS
    Sotw,
    /// The same as a proxyless gRPC client: listeners, then their routes, then their clusters, then their assignments
    Grpc,
    /// No protocol at all: messages of a fixed size over TCP
    Raw,
}

impl Options {
    /// The arguments that say this.
    pub fn arguments(&self) -> Vec<String> {
        let Self { address, clients, names, variant, resume, stuck, flooding } = self;
        let variant = match variant {
            Variant::Delta => "delta",
            Variant::Sotw => "sotw",
            Variant::Grpc => "grpc",
            Variant::Raw => "raw",
        };
        let mut arguments: Vec<String> = ["load", "--variant", variant].map(str::to_owned).into();
        arguments.extend(["--address".to_owned(), address.to_string()]);
        for (flag, number) in [("clients", clients), ("names", names), ("stuck", stuck), ("flooding", flooding)] {
            arguments.extend([format!("--{flag}"), number.to_string()]);
        }
        arguments.extend(resume.then(|| "--resume".to_owned()));
        arguments
    }
}
