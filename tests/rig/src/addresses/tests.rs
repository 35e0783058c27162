use super::*;

#[test]
fn blocks_are_distinct_and_so_are_their_addresses() {
    let (mut one, mut other) = (PodAddresses::lease().unwrap(), PodAddresses::lease().unwrap());
    assert_ne!(one.take(), other.take());
    assert_eq!(std::iter::from_fn(|| one.take()).count(), 249);
}

#[test]
fn only_one_at_a_time_gets_the_usual_port() {
    let leases = [PodAddresses::lease().unwrap(), PodAddresses::lease().unwrap()];
    let usual = leases.iter().filter(|lease| lease.on_this_machine(18456).unwrap().port() == 18456).count();
    assert!(usual <= 1);
}

#[test]
fn a_taken_port_is_replaced() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    assert_ne!(free_port(port).unwrap().port(), port);
    drop(taken);
    assert_eq!(free_port(port).unwrap().port(), port);
}
