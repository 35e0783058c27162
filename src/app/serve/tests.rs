use std::net::IpAddr;

use tokio::net::TcpStream;

use super::*;

async fn ended<E: Display + Send + 'static>(part: impl Future<Output = Result<(), E>> + Send + 'static) -> String {
    let mut parts = Parts::new();
    start(&mut parts, "the part", part);
    format!("{:#}", unexpected(parts.join_next().await.unwrap()))
}

#[tokio::test]
async fn a_part_that_ends_is_named() {
    assert_eq!(ended(async { Ok::<_, String>(()) }).await, "the part ended by itself; this is a bug");
    assert_eq!(ended(async { Err("disk full") }).await, "the part failed: disk full");
    let panicked = ended(async { if true { panic!("oops") } else { Ok::<_, String>(()) } }).await;
    assert!(panicked.starts_with("a part of the server failed: ") && panicked.contains("oops"), "{panicked}");
    assert_eq!(ended(on_own_thread("part", async {})).await, "the part ended by itself; this is a bug");
    let panicked = ended(on_own_thread("part", async { panic!("oops") })).await;
    assert!(panicked.starts_with("a part of the server failed: ") && panicked.contains("oops"), "{panicked}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_its_flag() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = bind("--xds-listen", address).unwrap_err();
    assert_eq!(error.to_string(), format!("can't listen at {address}; choose another address with --xds-listen"));
}

#[tokio::test]
async fn a_crowd_may_connect_before_anybody_is_accepted() {
    let listener = bind("--xds-listen", "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut crowd = Vec::new();
    for _ in 0..1500 {
        crowd.push(rig::soon("a place in the queue", TcpStream::connect(address)).await.unwrap());
    }
}

#[tokio::test]
async fn everywhere_is_both_families() {
    let listener = bind("--xds-listen", "[::]:0".parse().unwrap()).unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in ["127.0.0.1", "::1"] {
        let address: IpAddr = address.parse().unwrap();
        let client = rig::soon("a connection", TcpStream::connect((address, port))).await.unwrap();
        let (_, peer) = rig::soon("it", listener.accept()).await.unwrap();
        assert_eq!(client.local_addr().unwrap().port(), peer.port(), "{address}");
    }
}

#[tokio::test]
async fn without_ipv6_everywhere_is_what_there_is_and_anything_else_an_error() {
    // EAFNOSUPPORT, which is what a kernel without IPv6 says.
    let none = || Err(io::Error::from_raw_os_error(97));
    let (socket, address) = socket("[::]:18000".parse().unwrap(), none).unwrap();
    assert_eq!(address, "0.0.0.0:18000".parse().unwrap());
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    super::socket("[::1]:18000".parse().unwrap(), none).unwrap_err();
    super::socket("0.0.0.0:18000".parse().unwrap(), none).unwrap();
}
