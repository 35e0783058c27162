//! One address for several servers.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Passes connections on to a server, as a Service of Kubernetes does: a new one to the server that is named by then, and those
/// that are open stay where they are. It ends when dropped.
#[derive(Debug)]
pub struct Forwarder {
    /// Where it listens.
    pub address: SocketAddr,
    target: watch::Sender<SocketAddr>,
    forwards: JoinHandle<()>,
}

impl Forwarder {
    /// Starts one before this server.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(before: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (target, targets) = watch::channel(before);
        let forwards = tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let target = *targets.borrow();
                // What goes wrong here the two ends see for themselves.
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await?;
                    tokio::io::copy_bidirectional(&mut near, &mut far).await
                });
            }
        });
        Self { address, target, forwards }
    }

    /// Passes new connections on to this server from now on.
    pub fn forward_to(&self, server: SocketAddr) {
        self.target.send_replace(server);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.forwards.abort();
    }
}
