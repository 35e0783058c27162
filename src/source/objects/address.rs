//! Checks the addresses of endpoints.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::object::IpFamily;

/// The address, if a client can use it, and it is of the family that its slice says (`addressType`); else what is wrong with
/// it and what is accepted.
///
/// Kubernetes refuses loopback, link-local and unspecified addresses as endpoints, so that nobody can point clients at
/// themselves or at the metadata service of a cloud. Link-local ones stay refused even with `allow_loopback`: without a
/// scope nobody could reach them anyway.
pub(super) fn usable(address: &str, family: IpFamily, allow_loopback: bool) -> Result<IpAddr, &'static str> {
    let ip = match family {
        IpFamily::V4 => {
            address.parse::<Ipv4Addr>().map(IpAddr::V4).map_err(|_| "not an IPv4 address, as addressType says")
        }
        IpFamily::V6 => address
            .parse::<Ipv6Addr>()
            .ok()
            // Kubernetes takes these for IPv4.
            .filter(|ip| ip.to_ipv4_mapped().is_none())
            .map(IpAddr::V6)
            .ok_or("not an IPv6 address, as addressType says"),
    }?;
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    if ip.is_unspecified() {
        Err("the unspecified address; expected one that clients can reach")
    } else if ip.is_loopback() && !allow_loopback {
        Err("a loopback address; expected one that clients can reach (--allow-loopback-endpoints accepts it)")
    } else if link_local {
        Err("a link-local address; expected one that clients can reach")
    } else if ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST) {
        Err("a multicast or broadcast address; expected the address of one pod")
    } else {
        Ok(ip)
    }
}
