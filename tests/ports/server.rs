//! A server that speaks only HTTP/1.1, and a client of it that says exactly what it is told to.

use std::net::SocketAddr;

use rig::soon;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Answers each request with this name, whatever it asks; after an upgrade to a WebSocket, sends back what it is sent.
pub async fn start(name: &'static str, address: SocketAddr) {
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(name, BufReader::new(socket)));
        }
    });
}

async fn serve(name: &'static str, mut socket: BufReader<TcpStream>) -> std::io::Result<()> {
    loop {
        let head = read_head(&mut socket).await?.to_ascii_lowercase();
        if head.is_empty() {
            return Ok(());
        }
        if !head.contains(" http/1.1\r\n") {
            // HTTP/2 begins like this, too.
            return socket
                .write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
        if head.contains("\r\nupgrade: websocket\r\n") {
            let switch = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
            socket.write_all(switch).await?;
            return echo(socket).await;
        }
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{name}", name.len());
        socket.write_all(answer.as_bytes()).await?;
    }
}

async fn echo(mut socket: BufReader<TcpStream>) -> std::io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let count = socket.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        socket.write_all(&buffer[..count]).await?;
    }
}

/// A GET of this path with this `Host`: the status and the body.
pub async fn get(server: SocketAddr, host: &str, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    let mut socket = TcpStream::connect(server).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    soon("the answer", socket.read_to_string(&mut answer)).await.unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
    (status(&answer), body)
}

/// Asks for a WebSocket at this `Host`, and says something over it: the status, and what came back.
pub async fn web_socket(server: SocketAddr, host: &str) -> (u16, String) {
    let mut socket = BufReader::new(TcpStream::connect(server).await.unwrap());
    let request = format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let head = soon("the answer", read_head(&mut socket)).await.unwrap();
    if status(&head) != 101 {
        return (status(&head), String::new());
    }
    socket.write_all(b"hello").await.unwrap();
    let mut said = [0; 5];
    soon("what was said", socket.read_exact(&mut said)).await.unwrap();
    (101, String::from_utf8(said.to_vec()).unwrap())
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// The lines up to the first empty one; nothing at the end of the connection.
async fn read_head(socket: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if socket.read_line(&mut head).await? == 0 {
            return Ok(String::new());
        }
    }
    Ok(head)
}
