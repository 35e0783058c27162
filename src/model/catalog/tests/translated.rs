//! Services that annotations of other products speak of.

use super::*;
use crate::model::compat::{self, Compat};

/// The Service `cart` with these annotations of others, and nothing of ours.
fn cart(annotations: &[(&str, &str)]) -> Converted {
    let id = ObjectRef::service(&key("cart"));
    let map = annotations.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let translation = compat::translate(
        Compat::ALL,
        compat::Subject { key: &key("cart"), annotations: &map, ports: None, external_name: false },
        compat::Mappings::Own,
    );
    let (translated, rejected) = settings::Translated::parse(&id, translation);
    let converted = service_with("cart", &[], |service| service.translated = Some(Box::new(translated.clone())));
    Converted { rejected, ..converted }
}

fn mapping(retries: &str) -> String {
    format!(
        "{{apiVersion: getambassador.io/v2, kind: Mapping, name: m, service: 'cart:50051', prefix: /, grpc: true, \
         retry_policy: {{num_retries: {retries}, retry_on: 5xx}}}}"
    )
}

fn told(catalog: &mut Catalog) -> Vec<String> {
    catalog.take_changes();
    catalog.rejected().map(ToString::to_string).collect()
}

#[test]
fn a_mapping_serves_its_service_and_what_was_good_of_it_stays() {
    let config = |text: &str| cart(&[("getambassador.io/config", text)]);
    let mut catalog = catalog([config(&mapping("4"))]);
    let entry = entry(&mut catalog, "cart");
    assert_eq!(entry.service.ports.iter().map(|port| port.number).collect::<Vec<_>>(), [50051]);
    assert_eq!(entry.service.ports[0].policy.retry.num_retries, 4);
    for (bad, meanwhile) in [
        (mapping("many"), "(the last good value, 4, stays)"),
        ("kind: [".to_owned(), "(what it said before stays)"),
        (mapping("more"), "(the last good value, 4, stays)"),
    ] {
        catalog.apply(Event::Apply(config(&bad)));
        assert_eq!(changed(&mut catalog), [""; 0], "{bad}");
        let [told] = &told(&mut catalog)[..] else { panic!("{bad}") };
        assert!(told.ends_with(meanwhile), "{told}");
    }
    catalog.apply(Event::Apply(cart(&[])));
    assert_eq!(changed(&mut catalog), ["-cart"], "a Mapping that is gone leaves nothing");
    assert_eq!(told(&mut catalog), [""; 0]);
}

#[test]
fn of_a_service_that_nobody_opted_in_only_a_mapping_is_told() {
    let mut catalog = catalog([cart(&[("projectcontour.io/max-requests", "many"), ("retry.linkerd.io/limits", "1")])]);
    assert_eq!(told(&mut catalog), [""; 0]);
    catalog.apply(Event::Apply(cart(&[("getambassador.io/config", "kind: [")])));
    assert_eq!(told(&mut catalog).len(), 1);
}
