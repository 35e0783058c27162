//! The field `service`: the destination of a Mapping.
//!
//! Emissary makes a URL of it. The scheme says whether TLS is spoken, the port is a number or 80 (443 with TLS), and the host
//! goes to the DNS of the cluster: a bare name is a Service of the Mapping's namespace, `name.namespace.svc` is one whatever
//! follows, and `name.namespace` is one if there is such a Service, else a host out in the world.

use std::fmt::Write as _;

use serde_json::Value;

use super::super::draft::Draft;
use super::{IGNORED, Mapping};
use crate::model::{Key, ObjectRef, Reason, Rejected};

/// The port of the Service that a Mapping is about.
pub(super) struct Backend {
    port: u16,
}

/// Where a Mapping sends its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To this Service.
    Service(Key),
    /// To this Service if there is one, else to a host that only looks like it, as `httpbin.org` does.
    Either(Key),
    /// To no Service of the cluster; where to, in words for the user.
    Elsewhere(&'static str),
    /// Nowhere; what is wrong and what was expected, in words for the user.
    Nowhere(&'static str),
}

/// `[scheme://]host[:port]`, taken apart.
struct Url {
    tls: bool,
    /// Whether the scheme is one that Emissary takes for `http`, and complains of.
    unknown_scheme: bool,
    /// In lower case, as DNS has it.
    host: String,
    port: Option<u16>,
}

/// Where a host goes that is no Service.
const WORLD: Destination =
    Destination::Elsewhere("a host outside of the cluster; only Services of the cluster are served");

const NOT_A_SERVICE: &str = "not a service; expected the name of a Service, with or without a port";

/// The resolvers that know what Consul knows.
const CONSUL: [&str; 2] = ["consul", "consul-endpoint"];

/// The resolvers that take the first two labels of a name for a Service and its namespace, whatever follows.
const OF_ENDPOINTS: [&str; 2] = ["endpoint", "kubernetes-endpoint"];

impl Backend {
    /// The name of a setting for this port.
    pub fn named(&self, key: &str) -> String {
        format!("{key}.{}", self.port)
    }
}

impl Mapping {
    /// Where it sends its requests.
    pub fn destination(&self) -> Destination {
        if self.field("host_redirect").is_true() {
            return Destination::Elsewhere("a host that requests are redirected to; redirects aren't supported");
        }
        if CONSUL.contains(&self.resolver().as_str()) {
            return Destination::Elsewhere("a service in Consul; only Services of the cluster are served");
        }
        match self.url() {
            Ok(url) => self.look_up(&url.host),
            Err(why) => Destination::Nowhere(why),
        }
    }

    /// Says of this Mapping, which stands on `object`, that nothing of it is taken over.
    pub fn left_out(&self, object: ObjectRef) -> Rejected {
        let place = self.field("service").place();
        let (reason, message) = match self.destination() {
            Destination::Service(key) => (Reason::UnknownAnnotation, format!("Service {key} is served without it")),
            Destination::Either(key) => {
                let message = format!(
                    "either Service {key}, which isn't among what was read, or a host outside of the cluster; expected that \
                     Service to be read, too, if there is one"
                );
                (Reason::UnknownAnnotation, message)
            }
            Destination::Elsewhere(what) => (Reason::UnknownAnnotation, what.to_owned()),
            Destination::Nowhere(why) => (Reason::InvalidAnnotation, why.to_owned()),
        };
        let (field, value) = (place.field, Rejected::shorten(&place.value));
        Rejected { object, field, value, reason, message, meanwhile: IGNORED.to_owned() }
    }

    fn resolver(&self) -> String {
        self.field("resolver").text()
    }

    fn url(&self) -> Result<Url, &'static str> {
        let field = self.field("service");
        match field.value() {
            _ if field.text().is_empty() => Err("missing; expected the name of a Service, with or without a port"),
            Value::String(_) => parse(&field.text()),
            _ => Err(NOT_A_SERVICE),
        }
    }

    /// What the DNS of a cluster makes of a host.
    fn look_up(&self, host: &str) -> Destination {
        let (host, absolute) = host.strip_suffix('.').map_or((host, false), |host| (host, true));
        let labels: Vec<&str> = host.split('.').collect();
        let by_endpoints = OF_ENDPOINTS.contains(&self.resolver().as_str());
        match labels[..] {
            ["localhost"] => Destination::Elsewhere("Emissary's own pod; only Services of the cluster are served"),
            [name] if name.starts_with('[') || absolute => WORLD,
            [name] if is_label(name) => Destination::Service(Key::new(self.namespace(), name)),
            [_] => Destination::Nowhere(NOT_A_SERVICE),
            [name, namespace, ..] if !is_label(name) || !is_label(namespace) || is_address(host) => WORLD,
            [name, namespace, "svc"] if !absolute => Destination::Service(Key::new(namespace, name)),
            [name, namespace, "svc", _, ..] => Destination::Service(Key::new(namespace, name)),
            [name, namespace] if !absolute => Destination::Either(Key::new(namespace, name)),
            [name, namespace, ..] if by_endpoints => Destination::Either(Key::new(namespace, name)),
            _ => WORLD,
        }
    }
}

/// The port that the Mapping is about, if it is about the Service at hand.
pub(super) fn of(mapping: &Mapping, draft: &mut Draft<'_>) -> Option<Backend> {
    let place = mapping.field("service").place();
    let service = draft.service().clone();
    match mapping.destination() {
        Destination::Service(key) | Destination::Either(key) if key == service => {}
        Destination::Service(key) => {
            let message = format!(
                "this Mapping is for Service {key}, and --compat reads the annotation of a Service for that Service only; \
                 chancery convert writes it onto {key}"
            );
            draft.ignore_but(&place, message, IGNORED);
            return None;
        }
        Destination::Either(key) => {
            let message = format!(
                "this Mapping is for Service {key} or a host outside of the cluster, and --compat reads the annotation of a \
                 Service for that Service only; chancery convert writes it onto {key}, if that is a Service"
            );
            draft.ignore_but(&place, message, IGNORED);
            return None;
        }
        Destination::Elsewhere(what) => {
            draft.ignore_but(&place, what, IGNORED);
            return None;
        }
        Destination::Nowhere(why) => {
            draft.refuse(&place, why, IGNORED);
            return None;
        }
    }
    let Ok(Url { tls, unknown_scheme, host: _, port }) = mapping.url() else { return None };
    let tls_field = mapping.field("tls");
    if tls || tls_field.is_set() {
        let place = if tls { place } else { tls_field.place() };
        let port = port.unwrap_or(443);
        draft.ignore_but(&place, format!("Emissary speaks TLS to port {port}; TLS to pods isn't supported"), IGNORED);
        return None;
    }
    if unknown_scheme {
        draft.ignore_but(&place, "not a scheme that Emissary knows; expected http or https", "it counts as http");
    }
    if draft.is_external_name() {
        draft.ignore_but(&place, "the Service is an ExternalName, which has no pods to balance over", IGNORED);
        return None;
    }
    let number = port.unwrap_or(80);
    if draft.ports().is_some_and(|ports| !ports.iter().any(|port| port.number == number)) {
        let meant = if port.is_none() { ", the default of a Mapping" } else { "" };
        let message = format!("the Service has no TCP port {number}{meant}; it has {}", spoken(draft));
        draft.refuse(&place, message, IGNORED);
        return None;
    }
    Some(Backend { port: number })
}

fn spoken(draft: &Draft<'_>) -> String {
    let mut list = String::new();
    for port in draft.ports().unwrap_or_default() {
        let comma = if list.is_empty() { "" } else { ", " };
        let _ = match &*port.name {
            "" => write!(list, "{comma}{}", port.number),
            name => write!(list, "{comma}{} ({name})", port.number),
        };
    }
    if list.is_empty() { "none".to_owned() } else { list }
}

/// Takes a service apart as Emissary does, which drops what follows the port.
fn parse(text: &str) -> Result<Url, &'static str> {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let scheme = scheme.map(str::to_ascii_lowercase);
    let tls = scheme.as_deref() == Some("https");
    let unknown_scheme = !matches!(scheme.as_deref(), None | Some("http" | "https"));
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if authority.starts_with('[') {
        return Ok(Url { tls, unknown_scheme, host: authority.to_ascii_lowercase(), port: None });
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    if host.is_empty() {
        return Err(NOT_A_SERVICE);
    }
    let port = match port {
        "" => None,
        _ if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            let number: u16 = port.parse().map_err(|_| "not the number of a port; expected 1 to 65535")?;
            Some(number).filter(|number| *number != 0)
        }
        _ => return Err("not the number of a port, and Emissary reads no names; expected 1 to 65535"),
    };
    Ok(Url { tls, unknown_scheme, host: host.to_ascii_lowercase(), port })
}

/// Whether a name can only be an IPv4 address.
fn is_address(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The form of the names of Services and Namespaces.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
