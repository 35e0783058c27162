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
        crowd.push(test_support::soon("a place in the queue", TcpStream::connect(address)).await.unwrap());
    }
}
