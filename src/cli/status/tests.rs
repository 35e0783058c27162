use serde_json::json;

use super::*;

fn client(node: &str, types: &serde_json::Value) -> ClientSummary {
    let client = json!({
        "node": node, "fleet": "edge", "client": "envoy", "user_agent": "envoy 1.40.0", "stream": "ads delta 3",
        "age_seconds": 754.2, "types": types,
    });
    serde_json::from_value(client).unwrap()
}

fn printed(clients: &[ClientSummary]) -> String {
    let mut out = Vec::new();
    print_table(&mut out, clients).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_state_of_a_type_has_its_word() {
    let clients = [
        client(
            "envoy-1",
            &json!([
                {"type": "cds", "sent": "2", "acked": "2"},
                {"type": "eds", "sent": "2", "acked": "1", "behind_seconds": 1.24},
                {"type": "lds", "sent": "2", "rejected": {"version": "2", "message": "no such filter", "seconds_ago": 90.0}},
                {"type": "rds"},
            ]),
        ),
        client("envoy-with-a-longer-name\u{1b}[31m", &json!([])),
    ];
    assert_eq!(
        printed(&clients),
        "NODE                          FLEET  STREAM       AGE  CDS  EDS          LDS       RDS          SDS\n\
         envoy-1                       edge   ads delta 3  12m  ok   behind 1.2s  rejected  nothing yet  -\n\
         envoy-with-a-longer-name[31m  edge   ads delta 3  12m  -    -            -         -            -\n\
         \n\
         envoy-1 (ads delta 3) rejected lds 1m ago:\n  \
         no such filter\n"
    );
    assert_eq!(printed(&[]), "no client is connected\n");
}

#[test]
fn durations_are_short() {
    let durations = [0.0, 0.85, 12.34, 60.0, 3599.0, 7200.0, 300_000.0].map(duration);
    assert_eq!(durations, ["0ms", "850ms", "12.3s", "1m", "59m", "2h", "3d"]);
}
