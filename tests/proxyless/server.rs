//! A gRPC server in a process of its own, which serves as xDS says.

use std::net::SocketAddr;
use std::time::Duration;

use data_plane_api::admin_dump::ClientResourceStatus;
use data_plane_api::echo::EchoRequest;
use data_plane_api::echo::client::EchoClient;
use rig::soon;
use serde_json::Value;
use tonic::Status;

use crate::family::Family;
use crate::program::{Dial, PAUSE, Program};

/// A real server. Killed when dropped.
#[derive(Debug)]
pub struct Server(Program);

impl Server {
    /// Starts one that listens at this address, when it is told how, and answers with this name as its pod's.
    pub async fn start(family: Family, address: &str, name: &str, dial: &Dial<'_>) -> Self {
        Self(Program::start(family, &["--serve", address, name], dial).await)
    }

    /// What it says next; nothing when it has ended.
    pub async fn says(&mut self) -> Option<Value> {
        self.0.says().await
    }

    /// Asks it to end, and returns when it has, having answered all calls.
    pub async fn end(self) -> Vec<Value> {
        self.0.end().await
    }

    /// Fails the test unless it has its listener and nothing else, by its own word.
    pub async fn has_its_listener(&self) {
        let resources = self.0.resources().await;
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
