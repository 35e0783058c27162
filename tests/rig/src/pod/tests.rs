use data_plane_api::echo::client::EchoClient;
use tonic::Code;

use super::*;
use crate::addresses::free_address;

#[tokio::test]
async fn a_drained_pod_finishes_what_it_has_begun_and_takes_nothing_new() {
    let pod = Pod::start("cart-1", free_address()).await;
    let address = format!("http://{}", pod.address());
    let mut client = EchoClient::connect(address.clone()).await.unwrap();
    let say = |message: &str| EchoRequest { message: message.to_owned(), delay: None };
    let answer = client.echo(say("hello")).await.unwrap().into_inner();
    assert_eq!((answer.message.as_str(), answer.pod.as_str(), answer.served), ("hello", "cart-1", 1));

    let (requests, to_send) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(to_send);
    requests.send(say("one")).await.unwrap();
    let mut answers = client.stream(stream).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().message, "one");

    pod.drain();
    while EchoClient::connect(address.clone()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    requests.send(say("two")).await.unwrap();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!((answer.message.as_str(), answer.served), ("two", 3));
    assert!(!*pod.ended.borrow());

    drop(requests);
    assert_eq!(answers.message().await.unwrap(), None);
    pod.drained().await;
    assert_eq!(client.echo(say("late")).await.unwrap_err().code(), Code::Unavailable);
}
