use super::*;
use crate::addresses::free_address;
use crate::pod::Pod;

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn requests_are_paced_and_their_failures_written_down() {
    let pod = Pod::start("cart-1", free_address()).await;
    let envoy = pod.address();
    let began = Instant::now();
    let plan = Plan { envoy, authority: "cart.shop:50051".to_owned(), connections: 2, workers: 4, rate: 200 };
    let load = Load::start(&plan).await.unwrap();
    load.journal().until_answered("cart-1", began, PATIENCE).await.unwrap();
    let error = load.journal().until_answered("cart-2", began, Duration::from_millis(50)).await.unwrap_err();
    assert_eq!(error.to_string(), "pod cart-2 answered no request within 0 s");

    pod.drain();
    pod.drained().await;
    let gone = Instant::now();
    assert!(load.journal().until_quiet("cart-1", gone, PATIENCE).await.unwrap() - gone < Duration::from_millis(500));

    let record = load.stop().await;
    let most = began.elapsed().as_millis() / 5 + 4;
    let total = u128::from(record.answered() + record.failed());
    assert!(record.answered() > 0 && record.failed() > 0 && total <= most, "{total} of at most {most}");
    // A call that was under way when the connection closed may fail with another code than those that found none.
    let failures: Vec<&str> = record.failures(began).collect();
    assert!(failures.iter().any(|status| status.starts_with("Unavailable: ")), "{failures:?}");
}
