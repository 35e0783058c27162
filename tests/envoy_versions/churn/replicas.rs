//! Two servers over one directory of manifests.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rig::addresses::free_address;
use rig::serve::Serve;
use rig::soon;

const CHANCERY: &str = env!("CARGO_BIN_EXE_chancery");

/// The servers, each on ports of its own, which it gets again when it is started again.
#[derive(Debug)]
pub struct Replicas {
    manifests: PathBuf,
    listener: SocketAddr,
    servers: [Server; 2],
}

#[derive(Debug)]
struct Server {
    xds: SocketAddr,
    admin: SocketAddr,
    serve: Option<Serve>,
}

impl Replicas {
    /// Starts both. Envoys listen at `listener`.
    pub async fn start_all(manifests: &Path, listener: SocketAddr) -> Self {
        let servers = [(); 2].map(|()| Server { xds: free_address(), admin: free_address(), serve: None });
        let mut this = Self { manifests: manifests.to_owned(), listener, servers };
        for number in 0..2 {
            this.start(number).await;
        }
        this
    }

    /// Where they serve xDS.
    pub fn addresses(&self) -> [SocketAddr; 2] {
        [self.servers[0].xds, self.servers[1].xds]
    }

    /// Starts one that doesn't run, and returns when it serves.
    pub async fn start(&mut self, number: usize) {
        let listener = self.listener.to_string();
        let server = &mut self.servers[number];
        let manifests = self.manifests.to_str().unwrap();
        let arguments = ["--manifests", manifests, "--allow-loopback-endpoints", "--envoy-listener", &listener];
        let serve = Serve::start_at(CHANCERY, server.xds, server.admin, &arguments);
        serve.ready().await;
        server.serve = Some(serve);
    }

    /// Kills the one that has most of the streams, when there are any, and says which one that was.
    pub async fn kill_the_used_one(&mut self) -> usize {
        let used = soon("a stream to a server", async {
            loop {
                let streams = [self.streams(0).await, self.streams(1).await];
                if streams != [0, 0] {
                    return usize::from(streams[1] > streams[0]);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        self.servers[used].serve.take().unwrap().kill().await;
        used
    }

    /// Returns when clients of this one, which had none so far, have taken something of each type.
    pub async fn until_taken(&self, number: usize) {
        soon("an answer to each type", async {
            while self.metric(number, "chancery_xds_acks_total").await.iter().filter(|acks| **acks > 0).count() < 4 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    async fn streams(&self, number: usize) -> u64 {
        self.metric(number, "chancery_xds_streams").await.iter().sum()
    }

    /// The values of this metric of one server, whatever its labels; none when it doesn't run.
    async fn metric(&self, number: usize, name: &str) -> Vec<u64> {
        let Some(serve) = &self.servers[number].serve else { return Vec::new() };
        let Some((200, metrics)) = serve.get("/metrics").await else { panic!("no metrics; log:\n{}", serve.log()) };
        let values = metrics.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        values.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect()
    }

    /// The ends of their logs.
    pub fn logs(&self) -> String {
        let running = self.servers.iter().filter_map(|server| server.serve.as_ref());
        running.map(Serve::log).collect::<Vec<_>>().join("\n")
    }
}
