//! How a change is known again at the client: by the address of its Service's first endpoint.
//!
//! That address is `100.x.y.z`, and the last three bytes are the number of the change. It is found in the bytes of a
//! response without decoding any of it, so that the load generator costs as little as it can.

use std::net::Ipv4Addr;

use memchr::memmem;

/// The key of `SocketAddress.address`: field 2, with a length.
const ADDRESS_KEY: u8 = 0x12;

/// The address that carries this number, of which there are 2^24.
pub fn address(change: u32) -> Ipv4Addr {
    let [_, high, middle, low] = change.to_be_bytes();
    Ipv4Addr::new(100, high, middle, low)
}

/// The number that this address carries; none if it carries none, or zero.
pub fn change(address: &str) -> Option<u32> {
    let [100, high, middle, low] = address.parse::<Ipv4Addr>().ok()?.octets() else { return None };
    Some(u32::from_be_bytes([0, high, middle, low])).filter(|change| *change > 0)
}

/// The numbers in the resources of these bytes, in their order. Zero, which stands in what was there before any change, is
/// left out.
pub fn changes(bytes: &[u8]) -> impl Iterator<Item = u32> {
    memmem::find_iter(bytes, b"100.").filter_map(|at| change_at(bytes, at))
}

fn change_at(bytes: &[u8], at: usize) -> Option<u32> {
    let length = usize::from(*bytes.get(at.checked_sub(1)?)?);
    (*bytes.get(at.checked_sub(2)?)? == ADDRESS_KEY).then_some(())?;
    change(std::str::from_utf8(bytes.get(at..at + length)?).ok()?)
}

#[cfg(test)]
mod tests {
    use data_plane_api::core::SocketAddress;
    use prost::Message;

    use super::{address, change, changes};

    fn bytes(addresses: &[&str]) -> Vec<u8> {
        let socket = |address: &&str| SocketAddress { address: (*address).to_owned(), ..SocketAddress::default() };
        addresses.iter().flat_map(|address| socket(address).encode_to_vec()).collect()
    }

    #[test]
    fn a_number_is_found_again() {
        let (small, large) = (address(7).to_string(), address(0x00ff_ffff).to_string());
        assert_eq!(changes(&bytes(&[&small, "11.0.0.1", &large])).collect::<Vec<_>>(), [7, 0x00ff_ffff]);
    }

    #[test]
    fn an_address_carries_a_number_or_none() {
        assert_eq!(change(&address(0x0001_0203).to_string()), Some(0x0001_0203));
        assert_eq!(["100.0.0.0", "10.0.0.1", "s1", ""].map(change), [None; 4]);
    }

    #[test]
    fn other_addresses_are_none() {
        assert_eq!(changes(&bytes(&["10.100.1.2", "11.0.100.3", "100.0.0.0"])).count(), 0);
        assert_eq!(changes(b"100.0.0.1").count(), 0);
        assert_eq!(changes(&bytes(&["100.0.0.1"])[..5]).count(), 0);
    }
}
