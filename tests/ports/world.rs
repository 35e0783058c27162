//! An Envoy of one version, and two servers behind it.

use std::net::SocketAddr;

use chancery::app::render_options;
use chancery::pipeline::offline;
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::Snapshot;
use data_plane_api::echo::EchoRequest;
use data_plane_api::echo::client::EchoClient;
use http::Uri;
use rig::addresses::{PodAddresses, free_address};
use rig::control_plane::ControlPlane;
use rig::envoy::configuration::{Configuration, Gone, until_configured};
use rig::envoy::{Proxy, Variant};
use rig::pod::Pod;
use rig::{programs, soon};
use tonic::Code;
use tonic::transport::Endpoint;

use crate::server;

/// What the server that speaks only HTTP/1.1 answers.
pub const HTTP: &str = "http";

/// What the pod that speaks gRPC answers.
pub const GRPC: &str = "grpc";

/// All of it.
pub struct World {
    /// Where Envoy listens.
    pub envoy: SocketAddr,
    _proxy: Proxy,
    _control_plane: ControlPlane,
    _pod: Pod,
    _addresses: PodAddresses,
}

impl World {
    /// An Envoy of this version that holds what comes of these manifests. In them `GRPC_IP`, `GRPC_PORT`, `HTTP_IP` and
    /// `HTTP_PORT` stand for where the two servers are.
    pub async fn start(version: &str, text: &str) -> Self {
        let mut addresses = PodAddresses::lease().unwrap();
        let [grpc, http, envoy] = [(); 3].map(|()| addresses.take().unwrap());
        let pod = Pod::start(GRPC, grpc).await;
        server::start(HTTP, http).await;
        let place = |text: String, name: &str, address: SocketAddr| {
            let text = text.replace(&format!("{name}_IP"), &address.ip().to_string());
            text.replace(&format!("{name}_PORT"), &address.port().to_string())
        };
        let text = place(place(text.to_owned(), "GRPC", grpc), "HTTP", http);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("manifests.yaml");
        std::fs::write(&file, text).unwrap();
        let conversion = Conversion { allow_loopback_endpoints: true, ..Conversion::default() };
        let loaded = manifests::load(std::slice::from_ref(&file), conversion).unwrap();
        let world = offline(loaded.events, render_options("cluster.local", envoy, [])).world;

        let mut control_plane = ControlPlane::start().await;
        control_plane.everyone = Snapshot::clone(&world.everyone);
        control_plane.publish();
        let admin = free_address();
        let bootstrap = Variant::AdsDelta.bootstrap("edge", &[control_plane.address], admin);
        let bootstrap = data_plane_api::json::of(&bootstrap).unwrap();
        let mut proxy = Proxy::start_program(&programs::envoy_of(version), &bootstrap, admin);
        proxy.ready("http").await;
        let goal = Configuration::of_snapshot(&control_plane.everyone, version);
        until_configured(&proxy, version, &goal, Gone::Now).await;
        Self { envoy, _proxy: proxy, _control_plane: control_plane, _pod: pod, _addresses: addresses }
    }

    /// Who answers a gRPC call for this authority; else the code of the failure.
    pub async fn call(&self, authority: &str) -> Result<String, Code> {
        let origin: Uri = format!("http://{authority}").parse().unwrap();
        let endpoint = Endpoint::from_shared(format!("http://{}", self.envoy)).unwrap().origin(origin);
        let channel = soon("a connection to Envoy", endpoint.connect()).await.unwrap();
        let answer = soon("the answer", EchoClient::new(channel).echo(EchoRequest::default())).await;
        answer.map(|answer| answer.into_inner().pod).map_err(|status| status.code())
    }

    /// Who answers a GET of this path with this `Host`; else the status.
    pub async fn get(&self, host: &str, path: &str) -> Result<String, u16> {
        match server::get(self.envoy, host, path).await {
            (200, body) => Ok(body),
            (status, _) => Err(status),
        }
    }
}
