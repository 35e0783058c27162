//! Fetches pages from the admin server.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Both ends are on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body of `http://<address><path>`. An error when the status isn't 200.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<Bytes> {
    let (status, body) = ask(address, path).await?;
    if status != StatusCode::OK {
        bail!("http://{address}{path}: {status}: {}", String::from_utf8_lossy(&body).trim());
    }
    Ok(body)
}

/// The status and the body of `http://<address><path>`.
pub async fn ask(address: SocketAddr, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
    tokio::time::timeout(PATIENCE, fetch(address, path))
        .await
        .unwrap_or_else(|_| bail!("no answer within {} s", PATIENCE.as_secs()))
        .with_context(|| format!("http://{address}{path}"))
}

async fn fetch(address: SocketAddr, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the response: we close the connection by dropping its sender.
    tokio::spawn(connection);
    let request = Request::builder().uri(path).header(http::header::HOST, address.to_string());
    let request = request.body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, body))
}
