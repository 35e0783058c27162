use std::future::poll_fn;

use futures::stream;

use super::*;
use crate::protocol::{Response, Variant};
use crate::server::codec::Reply;
use crate::xds::{Name, Resource, ResourceType, Version};

/// A response with one resource of so many bytes.
fn response(bytes: usize) -> Outgoing {
    let resource = Resource::from_value(Name::from("a"), "type".to_owned(), vec![7; bytes], []);
    let response = Response {
        resource_type: ResourceType::Endpoint,
        nonce: "7.1".to_owned(),
        version: Version::default(),
        resources: [Arc::new(resource)].into(),
        removed: Vec::new(),
    };
    let reply = Reply::Resources { variant: Variant::Delta, response };
    Outgoing { reply, identifier: "replica-1".into() }
}

fn body(items: Vec<Result<Outgoing, Status>>) -> (Responses, Arc<Outbox>) {
    let outbox = Arc::<Outbox>::default();
    (Responses::new(stream::iter(items), Arc::clone(&outbox)), outbox)
}

async fn next(body: &mut Responses) -> Option<Frame<Bytes>> {
    poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await.map(Result::unwrap)
}

fn status(frame: &Frame<Bytes>) -> &str {
    frame.trailers_ref().unwrap().get("grpc-status").unwrap().to_str().unwrap()
}

#[tokio::test]
async fn a_small_response_is_one_frame_and_the_end_is_the_status() {
    let (mut responses, _) = body(vec![Ok(response(600)), Ok(response(600))]);
    for _ in 0..2 {
        assert!(next(&mut responses).await.unwrap().is_data());
    }
    assert_eq!(status(&next(&mut responses).await.unwrap()), "0");
    assert!(next(&mut responses).await.is_none());
}

#[tokio::test]
async fn a_stream_that_fails_ends_with_its_status_and_is_not_asked_again() {
    let (mut responses, _) = body(vec![Err(Status::unavailable("gone")), Ok(response(1))]);
    let trailers = next(&mut responses).await.unwrap();
    assert_eq!(status(&trailers), "14");
    assert_eq!(trailers.trailers_ref().unwrap().get("grpc-message").unwrap(), "gone");
    assert!(next(&mut responses).await.is_none());
}

#[tokio::test]
async fn it_is_stuck_while_a_piece_is_not_written() {
    let (mut responses, outbox) = body(vec![Ok(response(100_000))]);
    assert_eq!(outbox.stuck_at(), None);
    let first = next(&mut responses).await;
    let second = next(&mut responses).await;
    assert_eq!(outbox.stuck_at(), Some(0));
    drop(first);
    assert_eq!(outbox.stuck_at(), Some(1));
    drop(second);
    assert_eq!(outbox.stuck_at(), None, "what isn't asked for isn't stuck");
}
