//! Pages of an admin port.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::PATIENCE;

/// The body of `http://<address><path>`. An error when the status isn't 200.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<Bytes> {
    good(address, path, request(Method::GET, address, path).await?)
}

/// Does what `http://<address><path>` does when it is posted to. An error when the status isn't 200.
pub async fn post(address: SocketAddr, path: &str) -> anyhow::Result<Bytes> {
    good(address, path, request(Method::POST, address, path).await?)
}

/// The status and the body of `http://<address><path>`; `None` when nothing answers.
pub async fn ask(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let (status, body) = request(Method::GET, address, path).await.ok()?;
    Some((status.as_u16(), String::from_utf8(body.into()).ok()?))
}

fn good(address: SocketAddr, path: &str, (status, body): (StatusCode, Bytes)) -> anyhow::Result<Bytes> {
    if status != StatusCode::OK {
        bail!("http://{address}{path}: {status}: {}", String::from_utf8_lossy(&body).trim());
    }
    Ok(body)
}

async fn request(method: Method, address: SocketAddr, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
    tokio::time::timeout(PATIENCE, fetch(method, address, path))
        .await
        .unwrap_or_else(|_| bail!("no answer within {} s", PATIENCE.as_secs()))
        .with_context(|| format!("http://{address}{path}"))
}

async fn fetch(method: Method, address: SocketAddr, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the response: we close the connection by dropping its sender.
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header(http::header::HOST, address.to_string());
    let request = request.body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, body))
}
