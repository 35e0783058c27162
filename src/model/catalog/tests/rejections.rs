//! What is told, of whom, and what stays in force.

use super::*;
use crate::model::explanation::UnservedReason;

fn told(catalog: &mut Catalog) -> Vec<String> {
    catalog.take_changes();
    catalog.rejected().map(ToString::to_string).collect()
}

fn retries(catalog: &mut Catalog) -> u32 {
    entry(catalog, "cart").service.ports[0].policy.retry.num_retries
}

#[test]
fn the_last_good_value_stays_for_as_long_as_it_takes() {
    let with = |retries, policy| service("cart", &[ON, ("num-retries", retries), ("lb-policy", policy)]);
    let mut catalog = catalog([with("5", "round-robin")]);
    assert_eq!(retries(&mut catalog), 5);
    catalog.apply(Event::Apply(with("x", "least-request")));
    let now = entry(&mut catalog, "cart");
    assert_eq!(now.service.ports[0].policy.retry.num_retries, 5);
    assert_eq!(
        now.service.ports[0].policy.balancing.policy,
        LbPolicy::LeastRequest,
        "the rest of the change is in force"
    );
    for again in ["y", "z"] {
        catalog.apply(Event::Apply(with(again, "least-request")));
        assert_eq!(changed(&mut catalog), [""; 0]);
        let [rejected] = &catalog.rejected().collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!((rejected.value.as_str(), rejected.meanwhile.as_str()), (again, "the last good value, 5, stays"));
        list(&mut catalog, Kind::Service, [with(again, "least-request")]);
        assert_eq!(changed(&mut catalog), [""; 0], "also through a list");
        assert_eq!(catalog.rejected().next().unwrap().meanwhile, "the last good value, 5, stays");
    }
    catalog.apply(Event::Apply(service("cart", &[ON])));
    assert_eq!(retries(&mut catalog), 1, "an annotation that is gone leaves nothing");
    catalog.apply(Event::Apply(service("cart", &[ON, ("num-retries", "x")])));
    assert_eq!(changed(&mut catalog), [""; 0]);
    assert_eq!(catalog.rejected().next().unwrap().meanwhile, "the default, 1, stays");
}

#[test]
fn a_namespace_keeps_its_last_good_values_too() {
    let with = |retries| namespace(&[ON, ("num-retries", retries)]);
    let mut catalog = catalog([service("cart", &[]), with("5")]);
    assert_eq!(retries(&mut catalog), 5);
    catalog.apply(Event::Apply(with("x")));
    assert_eq!(changed(&mut catalog), [""; 0]);
    let expected = "Namespace shop: metadata.annotations[chancery.dev/num-retries]: \"x\": not a whole number; expected a \
                    whole number from 1 to 100 (to never retry, set retry-on to none) (the last good value, 5, stays)";
    assert_eq!(told(&mut catalog), [expected]);
}

#[test]
fn what_is_in_force_follows_the_namespace() {
    let mut catalog = catalog([service("cart", &[ON, ("num-retries", "x")])]);
    let meanwhile = |catalog: &mut Catalog| {
        catalog.take_changes();
        catalog.rejected().next().unwrap().meanwhile.clone()
    };
    assert_eq!(meanwhile(&mut catalog), "the default, 1, stays");
    catalog.apply(Event::Apply(namespace(&[("num-retries", "4")])));
    assert_eq!(meanwhile(&mut catalog), "4 of the Namespace is in force");
    catalog.apply(Event::Delete(namespace(&[]).id));
    assert_eq!(meanwhile(&mut catalog), "the default, 1, stays");
}

#[test]
fn services_that_opted_in_without_anything_to_balance_over_are_told_and_left_out() {
    let external =
        |on: &[_]| service_with("ext", on, |service| (service.external_name, service.ports) = (true, vec![]));
    let udp = |on: &[_]| service_with("udp", on, |service| service.ports = vec![]);
    let mut silent = catalog([external(&[]), udp(&[])]);
    assert_eq!(told(&mut silent), [""; 0]);
    let mut catalog = catalog([external(&[ON]), udp(&[ON])]);
    assert_eq!(changed(&mut catalog), [""; 0]);
    assert_eq!(
        told(&mut catalog),
        [
            "Service shop/ext: spec.type: \"ExternalName\": has no pods to balance over; expected a Service with endpoints \
         (clients get nothing for it)",
            "Service shop/udp: spec.ports: no TCP port, and nothing else can be served; expected one at least (clients get \
         nothing for it)",
        ]
    );
    assert!(catalog.rejected().all(|one| one.reason == Reason::Unsupported));
    catalog.apply(Event::Apply(service("ext", &[ON])));
    assert_eq!(changed(&mut catalog), ["ext"]);
    catalog.apply(Event::Apply(external(&[ON])));
    assert_eq!(changed(&mut catalog), ["-ext"]);
}

#[test]
fn of_services_that_did_not_opt_in_only_our_annotations_are_told() {
    let complain = |mut converted: Converted, reason| {
        converted.rejected.push(complaint(&converted.id, reason));
        converted
    };
    let objects = |on: &[(&str, &str)]| {
        [
            complain(service("cart", &[on, &[("num-retries.db", "3"), ("hots", "a")]].concat()), Reason::InvalidObject),
            complain(slice("cart-1", "cart", &[("web", 1)], vec![ready("10.0.0.1")]), Reason::InvalidEndpoint),
        ]
    };
    let reasons = |catalog: &mut Catalog| {
        catalog.take_changes();
        catalog.rejected().map(|one| one.reason).collect::<Vec<_>>()
    };
    let mut catalog = catalog(objects(&[]));
    assert_eq!(reasons(&mut catalog), [Reason::UnknownAnnotation, Reason::InvalidAnnotation]);
    apply(&mut catalog, objects(&[ON]));
    let all = [Reason::UnknownAnnotation, Reason::InvalidObject, Reason::InvalidAnnotation, Reason::InvalidEndpoint];
    assert_eq!(reasons(&mut catalog), all);
    apply(&mut catalog, objects(&[]));
    assert_eq!(reasons(&mut catalog).len(), 2);
    catalog.apply(Event::Delete(ObjectRef::service(&key("cart"))));
    assert_eq!(reasons(&mut catalog), []);
}

#[test]
fn what_was_never_usable_is_told() {
    let mut catalog = catalog([broken(&service("cart", &[])), broken(&namespace(&[])), broken(&pod("a", 1))]);
    let objects: Vec<_> = catalog.rejected().map(|one| one.object.to_string()).collect();
    assert_eq!(objects, ["Namespace shop", "Service shop/cart", "Pod shop/a"]);
    assert_eq!(changed(&mut catalog), [""; 0]);
    catalog.apply(Event::Delete(ObjectRef::service(&key("cart"))));
    assert_eq!(catalog.rejected().count(), 2);
}

#[test]
fn a_namespace_does_not_speak_for_services_with_nothing_to_serve() {
    let external =
        |on: &[_]| service_with("ext", on, |service| (service.external_name, service.ports) = (true, vec![]));
    let named = service_with("named", &[], |service| service.external_name = true);
    let udp = |on: &[_]| service_with("udp", on, |service| service.ports = vec![]);
    let mut slices = slice("udp-1", "udp", &[], vec![ready("10.0.0.1")]);
    slices.rejected.push(complaint(&slices.id, Reason::InvalidEndpoint));
    let mut catalog = catalog([namespace(&[ON]), external(&[]), named, udp(&[("lb-policy", "random")]), slices]);
    assert_eq!(changed(&mut catalog), [""; 0]);
    assert_eq!(told(&mut catalog), [""; 0]);
    assert_eq!(catalog.explain(&key("ext")).unwrap().unserved, Some(UnservedReason::ExternalName));
    assert_eq!(catalog.explain(&key("udp")).unwrap().unserved, Some(UnservedReason::NoTcpPort));
    catalog.apply(Event::Apply(external(&[ON])));
    assert_eq!(told(&mut catalog).len(), 1, "it asks itself");
}

#[test]
fn what_was_never_usable_is_told_to_those_whose_business_it_is() {
    let with = |converted: &Converted, concern: Concern| Converted { concern, ..broken(converted) };
    let of_namespace = with(&service("cart", &[]), Concern::Namespaces(["shop".into()].into()));
    let nobodys = with(&service("out", &[]), Concern::Nobody);
    let slice = with(&slice("cart-1", "cart", &[], vec![]), Concern::Service(key("cart").into()));
    let mut catalog = catalog([of_namespace.clone(), nobodys, slice]);
    assert_eq!(told(&mut catalog).len(), 0);
    let before = catalog.rejections();
    catalog.apply(Event::Apply(namespace(&[ON])));
    assert_eq!(catalog.rejected().map(|one| &one.object).collect::<Vec<_>>(), [&of_namespace.id]);
    assert_ne!(catalog.rejections(), before);
    catalog.apply(Event::Apply(service("cart", &[])));
    let objects: Vec<_> = {
        catalog.take_changes();
        catalog.rejected().map(|one| one.object.to_string()).collect()
    };
    assert_eq!(objects, ["EndpointSlice shop/cart-1"]);
    catalog.apply(Event::Apply(namespace(&[])));
    assert_eq!(told(&mut catalog).len(), 0);
}

#[test]
fn keys_of_ours_that_have_no_effect_are_told_of_any_object() {
    let doubted = |mut converted: Converted, field: &str| {
        let field = field.to_owned();
        converted.rejected.push(Rejected { field, ..complaint(&converted.id, Reason::DoubtfulObject) });
        converted
    };
    let mut catalog = catalog([
        doubted(service("cart", &[]), "metadata.labels[chancery.dev/enabled]"),
        doubted(service("other", &[]), "spec.sessionAffinity"),
        doubted(slice("cart-1", "cart", &[], vec![]), "metadata.annotations[chancery.dev/hosts]"),
    ]);
    catalog.take_changes();
    let objects: Vec<_> = catalog.rejected().map(|one| one.object.to_string()).collect();
    assert_eq!(objects, ["Service shop/cart", "EndpointSlice shop/cart-1"]);
}

#[test]
fn files_are_told_until_they_are_good_or_gone() {
    let file = |path: &str, reasons: &[Reason]| {
        let id = ObjectRef::File(path.into());
        let rejected = reasons.iter().map(|reason| complaint(&id, *reason)).collect();
        Converted { rejected, object: None, id, concern: Concern::Ours }
    };
    let mut catalog = catalog([file("b", &[Reason::Unparsable]), file("a", &[Reason::Unparsable, Reason::Duplicate])]);
    list(&mut catalog, Kind::Service, [service("cart", &[("hots", "a")]), file("c", &[Reason::Unparsable])]);
    let objects: Vec<_> = catalog.rejected().map(|one| one.object.to_string()).collect();
    assert_eq!(objects, ["Service shop/cart", "file a", "file a", "file b", "file c"]);
    catalog.apply(Event::Apply(file("a", &[])));
    catalog.apply(Event::Delete(ObjectRef::File("b".into())));
    assert_eq!(catalog.rejected().count(), 2);
}

#[test]
fn session_affinity_names_the_policy_that_does_it() {
    let sticky = |annotations: &[(&str, &str)]| {
        service_with("cart", annotations, |service| service.traffic.client_ip_affinity = true)
    };
    let warned = |annotations: &[(&str, &str)]| told(&mut catalog([sticky(annotations)])).join("\n");
    let all = warned(&[ON]);
    assert_eq!(
        all,
        "Service shop/cart: spec.sessionAffinity: \"ClientIP\": isn't followed; for one pod per client address say \
         chancery.dev/lb-policy: ring-hash (or maglev) and chancery.dev/hash-on: source-ip (requests go to pods as lb-policy \
         says, whoever the client is)"
    );
    for policy in ["ring-hash", "maglev"] {
        assert_eq!(warned(&[ON, ("lb-policy", policy), ("hash-on", "header:x-user, source-ip")]), "");
        let other = warned(&[ON, ("lb-policy", policy), ("hash-on", "header:x-user")]);
        assert!(other.contains("isn't followed;"), "{other}");
    }
    let half = warned(&[ON, ("lb-policy.web", "maglev"), ("hash-on.web", "source-ip")]);
    assert!(half.contains("isn't followed at grpc;"), "{half}");
    assert_eq!(warned(&[]), "", "nobody asked for it");
    let namespaced =
        told(&mut catalog([sticky(&[]), namespace(&[ON, ("lb-policy", "maglev"), ("hash-on", "source-ip")])]));
    assert_eq!(namespaced, [""; 0]);
}
