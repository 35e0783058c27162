use std::convert::Infallible;

use data_plane_api::discovery::DeltaDiscoveryRequest;
use futures::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;

use super::*;

fn request(name: &str) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest { resource_names_subscribe: vec![name.to_owned()], ..DeltaDiscoveryRequest::default() }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&[0], &u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
}

/// The requests in these frames of HTTP/2.
fn in_frames(frames: Vec<Vec<u8>>) -> RequestStream<DeltaDiscoveryRequest> {
    let frames = frames.into_iter().map(|frame| Ok::<_, Infallible>(Frame::data(Bytes::from(frame))));
    RequestStream::new(Body::new(StreamBody::new(stream::iter(frames))))
}

async fn code(frames: Vec<Vec<u8>>) -> Code {
    in_frames(frames).next().await.unwrap_err().code()
}

#[tokio::test]
async fn requests_are_read_however_they_are_cut_into_frames() {
    let sent = [request("shop/cart/50051"), DeltaDiscoveryRequest::default(), request("shop/pay/80")];
    let bytes: Vec<u8> = sent.iter().flat_map(|request| framed(&request.encode_to_vec())).collect();
    for size in 1..=bytes.len() {
        let mut requests = in_frames(bytes.chunks(size).map(<[u8]>::to_vec).collect());
        for request in &sent {
            assert_eq!(requests.next().await.unwrap().as_ref(), Some(request), "in frames of {size} bytes");
        }
        assert_eq!(requests.next().await.unwrap(), None);
        assert_eq!(requests.begun.capacity(), 0, "nothing is kept");
    }
}

#[tokio::test]
async fn an_invalid_request_is_told_from_a_lost_connection() {
    assert_eq!(code(vec![framed(&[0xff])]).await, Code::InvalidArgument);
    let too_long = u32::try_from(MAX_REQUEST_BYTES + 1).unwrap();
    assert_eq!(code(vec![[&[0], &too_long.to_be_bytes()[..]].concat()]).await, Code::OutOfRange);
    assert_eq!(code(vec![vec![1, 0, 0, 0, 0]]).await, Code::Internal, "compressed");
}

#[tokio::test]
async fn a_stream_that_ends_within_a_request_is_not_one_that_ends() {
    let whole = framed(&request("a").encode_to_vec());
    for length in 1..whole.len() {
        assert_eq!(code(vec![whole[..length].to_vec()]).await, Code::Internal);
    }
    assert_eq!(in_frames(vec![]).next().await.unwrap(), None);
}
