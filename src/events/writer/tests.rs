use super::super::event_channel;
use super::*;

#[test]
fn a_write_is_retried_only_if_that_may_help() {
    let error = |code, cause: &str| {
        let mut status = Status { code, message: "no".to_owned(), ..Status::default() };
        if !cause.is_empty() {
            let cause = serde_json::json!({ "causes": [{ "reason": cause }] });
            status.details = Some(serde_json::from_value(cause).unwrap());
        }
        match WriteError::new(&kube::Error::Api(status.boxed()), EVENTS_RULE) {
            WriteError::Forbidden { rule, .. } => rule,
            WriteError::Permanent(_) => "permanent",
            WriteError::Transient(_) => "transient",
        }
    };
    assert_eq!(error(403, ""), EVENTS_RULE);
    assert_eq!(error(403, "NamespaceTerminating"), "permanent");
    assert_eq!(error(422, ""), "permanent");
    for code in [404, 409, 429, 500, 503] {
        assert_eq!(error(code, ""), "transient", "{code}");
    }
}

#[tokio::test]
async fn too_many_about_one_object_are_dropped_and_others_are_not() {
    let config = kube::Config::new("http://127.0.0.1:9".parse().unwrap());
    let (_sender, mut writer) = event_channel(Client::try_from(config).unwrap());
    let now = Instant::now();
    let mut admitted = |name, at| writer.admits(Kind::Service, &Key::new("shop", name), at);
    assert_eq!((0..100).filter(|_| admitted("cart", now)).count(), 25);
    assert!(admitted("pay", now));
    assert!(admitted("cart", now + Duration::from_mins(1)));
    assert!(!admitted("cart", now + Duration::from_mins(1)));
    assert!(admitted("pay", now + Duration::from_hours(1)));
    assert_eq!(writer.object_buckets.len(), 1);
}
