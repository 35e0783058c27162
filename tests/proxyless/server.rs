//! A gRPC server in a process of its own, which serves as xDS says.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_plane_api::admin_dump::ClientResourceStatus;
use data_plane_api::echo::EchoRequest;
use data_plane_api::echo::client::EchoClient;
use serde_json::Value;
use test_support::soon;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tonic::Status;

use crate::client::{Dial, PAUSE, bootstrap, follow, resources};
use crate::family::Family;

/// A real server. Killed when dropped.
#[derive(Debug)]
pub struct Server {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    log: Arc<Mutex<String>>,
    csds: SocketAddr,
    process: Child,
}

impl Server {
    /// Starts one that listens at this address, when it is told how, and answers with this name as its pod's.
    pub async fn start(family: Family, address: &str, name: &str, dial: &Dial<'_>) -> Self {
        let mut process = Command::new(family.program())
            .args(["--serve", address, name])
            .env_remove("GRPC_XDS_BOOTSTRAP")
            .env("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap(dial))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Arc::default();
        tokio::spawn(follow(process.stderr.take().unwrap(), Arc::clone(&log)));
        let mut server = Self {
            stdin: process.stdin.take().unwrap(),
            stdout: BufReader::new(process.stdout.take().unwrap()).lines(),
            log,
            csds: SocketAddr::from(([0, 0, 0, 0], 0)),
            process,
        };
        let first = soon("the server's first line", server.says()).await.unwrap();
        server.csds = first["csds"].as_str().unwrap().parse().unwrap();
        server
    }

    /// What it says next; nothing when it has ended.
    pub async fn says(&mut self) -> Option<Value> {
        let line = self.stdout.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// Asks it to end, and returns when it has, having answered all calls.
    pub async fn end(mut self) -> Vec<Value> {
        drop(self.stdin);
        let mut said = Vec::new();
        while let Some(line) = soon("the server's last line", self.stdout.next_line()).await.unwrap() {
            said.push(serde_json::from_str(&line).unwrap());
        }
        let status = soon("the server's end", self.process.wait()).await.unwrap();
        assert!(status.success(), "{status}; log:\n{}", self.log.lock().unwrap_or_else(PoisonError::into_inner));
        said
    }

    /// Fails the test unless it has its listener and nothing else, by its own word.
    pub async fn has_its_listener(&self) {
        let resources = resources(self.csds).await.unwrap();
        let [listener] = &*resources else { panic!("{resources:?}") };
        assert!(listener.name.starts_with("grpc/server?"), "{listener:?}");
        assert_eq!(listener.client_status(), ClientResourceStatus::Acked, "{listener:?}");
    }
}

/// Calls what listens there, without xDS. Whoever it is answers with its name.
pub async fn call(address: SocketAddr) -> Result<String, Status> {
    let call = async {
        let client = EchoClient::connect(format!("http://{address}")).await;
        let mut client = client.map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(client.echo(EchoRequest::default()).await?.into_inner().pod)
    };
    // A server that doesn't serve yet may take connections and be silent.
    tokio::time::timeout(Duration::from_secs(1), call)
        .await
        .unwrap_or_else(|_| Err(Status::deadline_exceeded("silence")))
}

/// Calls until there is an answer.
pub async fn answer(address: SocketAddr) -> String {
    soon(&format!("an answer from {address}"), async {
        loop {
            match call(address).await {
                Ok(name) => return name,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    })
    .await
}
