//! Addresses on this machine that nobody else uses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context as _;

/// The port of every pod, as in a real Service whose pods have an IP address each.
pub const POD_PORT: u16 = 50051;

/// A block of 250 loopback addresses, so that every pod has an IP address of its own. Linux routes all of 127.0.0.0/8 to
/// this machine without any set-up.
///
/// Held by a listener on one address of the block, so two demos (or tests) at a time don't meet.
#[derive(Debug)]
pub struct PodAddresses {
    third: u8,
    taken: u8,
    _held: TcpListener,
}

impl PodAddresses {
    /// Takes the first free block from 127.10.0.0/24 on.
    pub fn lease() -> anyhow::Result<Self> {
        let mut refusal = None;
        for third in 0..=u8::MAX {
            match TcpListener::bind((Ipv4Addr::new(127, 10, third, 254), POD_PORT)) {
                Ok(held) => return Ok(Self { third, taken: 0, _held: held }),
                Err(error) => refusal = Some(error),
            }
        }
        Err(refusal.map_or_else(|| anyhow::anyhow!("no address was tried"), anyhow::Error::from))
            .context("no block of loopback addresses is free among 127.10.0.0/24 to 127.10.255.0/24")
    }

    /// The next address, which no pod had before; `None` after 250.
    pub fn take(&mut self) -> Option<SocketAddr> {
        self.taken = self.taken.checked_add(1).filter(|host| *host <= 250)?;
        Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 10, self.third, self.taken)), POD_PORT))
    }

    /// An address on 127.0.0.1 with the preferred port, for whoever has the first block of all and finds that port free;
    /// else with any free one.
    ///
    /// Two demos that begin at the same moment would both find it free, and Envoys share a port without a word.
    pub fn on_this_machine(&self, preferred: u16) -> anyhow::Result<SocketAddr> {
        free_port(if self.third == 0 { preferred } else { 0 })
    }
}

/// This port on 127.0.0.1 if it is free, else any free one. Somebody else may take it before it is used.
fn free_port(preferred: u16) -> anyhow::Result<SocketAddr> {
    let here = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    here(preferred).or_else(|_| here(0)).context("no TCP port is free on 127.0.0.1")
}

#[cfg(test)]
mod tests;
