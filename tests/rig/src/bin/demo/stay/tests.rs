use super::*;

#[test]
fn a_summary_says_which_way_requests_go_and_whether_they_fail() {
    let since = Instant::now();
    let (gateways, pods) = (Journal::default(), Journal::default());
    let ways = [("through", &gateways), ("to", &pods)];
    for pod in ["cart-10", "cart-9"] {
        pods.add(since, Ok(pod.into()));
    }
    assert_eq!(summary(&ways, since), "Requests go through no pod to cart-9, cart-10.");
    for journal in [&gateways, &pods] {
        journal.add(since, Err("UNAVAILABLE".into()));
    }
    assert_eq!(summary(&ways, since), "Requests go through no pod to cart-9, cart-10; some fail with UNAVAILABLE.");
    assert_eq!(summary(&[("to", &pods)], Instant::now()), "Requests go to no pod.");
}
