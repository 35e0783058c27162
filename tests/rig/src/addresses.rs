//! Addresses on this machine that nobody else uses.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

/// The port of every pod, as in a real Service whose pods have an IP address each.
pub const POD_PORT: u16 = 50051;

/// The ports that tests give to programs: those below the ones that Linux chooses, and how many there are.
const FIRST_PORT: u16 = 10_240;
const PORTS: u64 = 22_528;

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

/// An address on this machine that nobody listens at now, and that this process wasn't given before.
///
/// Not one that the kernel would choose: those are below connections, too, and one of another test may take it before whoever
/// it is for. (Linux chooses from 32768 on.)
///
/// # Panics
/// When there is none.
pub fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let random = |attempt: u32| RandomState::new().hash_one(attempt);
    let ports = (0..1000).map(|attempt| FIRST_PORT + u16::try_from(random(attempt) % PORTS).unwrap_or_default());
    let is_free = |port: &u16| given.insert(*port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let port = ports.into_iter().find(is_free).expect("a free port");
    (Ipv4Addr::LOCALHOST, port).into()
}

/// This port on 127.0.0.1 if it is free, else any free one. Somebody else may take it before it is used.
fn free_port(preferred: u16) -> anyhow::Result<SocketAddr> {
    let here = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|listener| listener.local_addr());
    here(preferred).or_else(|_| here(0)).context("no TCP port is free on 127.0.0.1")
}

#[cfg(test)]
mod tests;
