//! Whatever is claimed, requests go where the rule says, by the way that Envoy looks for routes.

use proptest::prelude::*;

use super::*;
use crate::model::Requests;

/// One request.
#[derive(Debug, Clone)]
struct Request {
    host: &'static str,
    port: Option<u16>,
    path: &'static str,
    grpc: bool,
}

const HOSTS: [&str; 10] = ["a.x", "b.x", "a.b.x", "*.x", "*.b.x", "*", "s0.n", "a.x:81", "*.x:81", "*.b.x:81"];
const PREFIXES: [&str; 5] = ["/", "/p", "/p/q", "/r", "/p/q/s"];
const FLEETS: [&str; 2] = ["", "edge"];

/// The hosts and routes of one port of a Service.
#[derive(Debug, Clone)]
struct PortPolicy {
    hosts: Vec<&'static str>,
    prefixes: Vec<&'static str>,
    /// Without naming the port.
    of_service: bool,
}

/// The ports of one Service: one, or two of which one is for gRPC.
#[derive(Debug, Clone)]
struct Claims {
    created: i64,
    http: PortPolicy,
    grpc: Option<PortPolicy>,
    edge_only: bool,
}

fn policy() -> impl Strategy<Value = PortPolicy> {
    let hosts = prop::sample::subsequence(&HOSTS[..], 0..4);
    let prefixes = prop_oneof![Just(Vec::new()), prop::sample::subsequence(&PREFIXES[..], 1..3)];
    (hosts, prefixes, any::<bool>()).prop_map(|(mut hosts, prefixes, of_service)| {
        if prefixes.is_empty() {
            // Settled before it comes here.
            hosts.retain(|host| *host != "*");
        }
        PortPolicy { hosts, prefixes, of_service }
    })
}

fn claims() -> impl Strategy<Value = Claims> {
    // The port for gRPC claims the same as the other one, or for something else.
    let grpc = prop::option::of(prop::option::of(policy()));
    (0..3_i64, policy(), grpc, any::<bool>()).prop_map(|(created, http, grpc, edge_only)| {
        let grpc = grpc.map(|other| other.unwrap_or_else(|| http.clone()));
        Claims { created, http, grpc, edge_only }
    })
}

fn requests() -> impl Strategy<Value = Request> {
    let host = prop::sample::select(vec!["a.x", "b.x", "c.x", "a.b.x", "c.b.x", "z", "s0.n", "s1.n"]);
    let port = prop::option::of(prop::sample::select(vec![80, 81, 81, 50051, 9]));
    let path = prop::sample::select(vec!["/", "/p", "/p/q", "/p/q/s", "/r", "/t"]);
    (host, port, path, any::<bool>()).prop_map(|(host, port, path, grpc)| Request { host, port, path, grpc })
}

fn ports_of(at: usize, claims: &Claims) -> Vec<Arc<PortRoutes>> {
    let Claims { created, http, grpc, edge_only } = claims;
    let port = |number: u16, policy: &PortPolicy| Port {
        number,
        name: "x".into(),
        policy: Policy {
            hosts: policy.hosts.iter().map(|host| Arc::from(*host)).collect(),
            routes: policy.prefixes.iter().map(|prefix| Arc::from(*prefix)).collect(),
            fleets: if *edge_only && number == 80 { Fleets::Named(["edge".into()].into()) } else { Fleets::All },
            ..Policy::default()
        },
        has_service_hosts: policy.of_service,
        annotated: [].into(),
        written: [].into(),
    };
    let mut ports = vec![port(80, http)];
    ports.extend(grpc.as_ref().map(|grpc| port(50051, grpc)));
    let defaults = Defaults { grpc: Some(if grpc.is_some() { 50051 } else { 80 }), http: Some(80) };
    let key = Key::new("n", format!("s{at}"));
    let service = Service { key: key.clone(), created: *created, ports, defaults };
    let routes = |port| Arc::new(PortRoutes::new(names::cluster(&key, Port::clone(port).number), &service, port, "c"));
    service.ports.iter().map(routes).collect()
}

/// Every virtual host of a fleet.
fn virtual_hosts(domains: &Domains, ports: &[Arc<PortRoutes>], fleet: &str) -> Vec<VirtualHost> {
    let here = |port: &&Arc<PortRoutes>| port.fleets.includes(fleet);
    let mut hosts: Vec<_> =
        ports.iter().filter(here).filter_map(|port| domains.port_virtual_host(port, fleet)).collect();
    for pair in ports.windows(2).filter(|pair| pair[0].key == pair[1].key && pair.iter().all(|port| here(&port))) {
        hosts.extend(domains.service_virtual_host(&pair[1], &pair[0], fleet));
    }
    let mut dirty = DirtyVirtualHosts::default();
    dirty.domains.insert(EVERY_DOMAIN.into());
    domains.by_hosts.iter().for_each(|domain| domains.mark(domain, &mut dirty));
    hosts.extend(dirty.domains.iter().filter_map(|domain| domains.domain_virtual_host(domain, fleet)));
    hosts.iter().map(decoded).collect()
}

/// The cluster that Envoy finds (route_components.proto, `VirtualHost.domains`).
fn found(hosts: &[VirtualHost], request: &Request) -> Option<String> {
    let authority = request.port.map_or_else(|| request.host.to_owned(), |port| format!("{}:{port}", request.host));
    let longest = |fits: &dyn Fn(&str) -> bool| {
        let all = hosts.iter().flat_map(|host| host.domains.iter().map(move |domain| (domain, host)));
        all.filter(|(domain, _)| fits(domain)).max_by_key(|(domain, _)| domain.len()).map(|(_, host)| host)
    };
    let host = longest(&|domain| *domain == authority)
        .or_else(|| {
            longest(&|domain| domain.len() > 1 && domain.strip_prefix('*').is_some_and(|it| authority.ends_with(it)))
        })
        .or_else(|| {
            longest(&|domain| domain.len() > 1 && domain.strip_suffix('*').is_some_and(|it| authority.starts_with(it)))
        })
        .or_else(|| longest(&|domain| domain == "*"))?;
    host.routes.iter().find_map(|route| {
        let json = data_plane_api::json::of(route).unwrap();
        let regex = json.pointer("/match/headers/0/string_match/safe_regex/regex").map(|regex| regex.as_str().unwrap());
        let has_authority = regex.is_none_or(|regex| {
            let suffix = regex.strip_prefix("(?i).+").unwrap().strip_suffix(":[0-9]+").unwrap().replace('\\', "");
            request.port.is_some() && request.host.len() > suffix.len() && request.host.ends_with(&suffix)
        });
        let fits = request.path.starts_with(json["match"]["prefix"].as_str().unwrap())
            && (request.grpc || json["match"].get("grpc").is_none())
            && has_authority;
        fits.then(|| json["route"]["cluster"].as_str().unwrap().to_owned())
    })
}

/// The cluster that the rule says: of the patterns that fit, the most specific whose strongest claims take the request. A
/// request of gRPC that nobody takes as one is like any other.
fn expected(ports: &[Arc<PortRoutes>], fleet: &str, request: &Request) -> Option<String> {
    let as_grpc = || expected_of(ports, fleet, request, Requests::Grpc);
    request.grpc.then(as_grpc).flatten().or_else(|| expected_of(ports, fleet, request, Requests::Other))
}

fn expected_of(ports: &[Arc<PortRoutes>], fleet: &str, request: &Request, kind: Requests) -> Option<String> {
    let authority = request.port.map_or_else(|| request.host.to_owned(), |port| format!("{}:{port}", request.host));
    let authority = Name::from(authority);
    for pattern in std::iter::once(Name::clone(&authority)).chain(covering(&authority)) {
        let mut claims: Vec<Claimant> = Vec::new();
        for port in ports.iter().filter(|port| port.fleets.includes(fleet)) {
            let of_port = port.claims().filter(|claim| *claim.domain == pattern);
            claims.extend(of_port.map(|DomainClaim { requests, by_hosts, .. }| Claimant {
                by_hosts,
                requests,
                port: Arc::clone(port),
            }));
        }
        claims.sort_by(Claimant::compare);
        // A name of a Service has no port but its own, unless its own hosts ask for any; and nobody else has it.
        let any_port = claims.iter().any(|claim| !claim.by_hosts && claim.port.any_port.contains(&pattern));
        if claims.first().is_some_and(|first| !first.by_hosts) && pattern != authority && !any_port {
            continue;
        }
        let alone = |claim: &Claimant| {
            !claims.iter().any(|other| other.port.key == claim.port.key && other.requests != claim.requests)
        };
        let taking: Vec<&Claimant> = claims
            .iter()
            .filter(|claim| claim.requests == Requests::All || claim.requests == kind || alone(claim))
            .collect();
        let Some(first) = taking.first() else { continue };
        if first.claim_kind() != ClaimKind::Shared {
            return Some(first.port.name.to_string());
        }
        let sharing = taking.iter().filter(|claim| claim.port.shares());
        let fitting = sharing.flat_map(|claim| claim.port.prefixes.iter().map(move |prefix| (prefix, claim)));
        let fitting: Vec<_> = fitting.filter(|(prefix, _)| request.path.starts_with(&***prefix)).collect();
        let longest = fitting.iter().map(|(prefix, _)| prefix.len()).max();
        if let Some((_, claim)) = fitting.iter().find(|(prefix, _)| Some(prefix.len()) == longest) {
            return Some(claim.port.name.to_string());
        }
    }
    None
}

proptest! {
    #[test]
    fn requests_go_where_the_rule_says(
        claims in prop::collection::vec(claims(), 1..6),
        requests in prop::collection::vec(requests(), 16),
    ) {
        let ports: Vec<_> = claims.iter().enumerate().flat_map(|(at, claims)| ports_of(at, claims)).collect();
        let domains = domains(&ports.iter().collect::<Vec<_>>());
        for fleet in FLEETS {
            let hosts = virtual_hosts(&domains, &ports, fleet);
            let mut written: Vec<&String> = hosts.iter().flat_map(|host| &host.domains).collect();
            written.sort_unstable();
            let all = written.len();
            written.dedup();
            prop_assert_eq!(written.len(), all, "Envoy refuses a domain that is written twice: {:?}", hosts);
            for request in &requests {
                prop_assert_eq!(found(&hosts, request), expected(&ports, fleet, request), "{:?} in {:?}", request, fleet);
            }
        }
    }
}
