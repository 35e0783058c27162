//! `service`: which Service a Mapping is about, and which of its ports.

use super::super::draft::Draft;
use super::{IGNORED, Mapping};

/// The port of the Service that a Mapping is about; all of them if it names none.
pub(super) struct Backend {
    port: Option<String>,
}

/// `[scheme://]name[.namespace[.svc[.domain]]][:port]`, taken apart.
struct Spelt<'a> {
    tls: bool,
    name: &'a str,
    namespace: Option<&'a str>,
    port: Option<&'a str>,
}

impl Backend {
    /// The name of a setting for this port.
    pub fn named(&self, key: &str) -> String {
        match &self.port {
            Some(port) => format!("{key}.{port}"),
            None => key.to_owned(),
        }
    }
}

/// The namespace and name of the Service.
pub(super) fn named(mapping: &Mapping) -> Option<(String, String)> {
    let text = mapping.field("service").text();
    let Spelt { tls: _, name, namespace, port: _ } = parse(&text)?;
    Some((namespace.unwrap_or(mapping.namespace()).to_owned(), name.to_owned()))
}

/// The port that the Mapping is about, if it is about the Service at hand.
pub(super) fn of(mapping: &Mapping, draft: &mut Draft<'_>) -> Option<Backend> {
    let field = mapping.field("service");
    let (text, place) = (field.text(), field.place());
    let service = draft.service().clone();
    let Some(Spelt { tls, name, namespace, port }) = parse(&text).filter(|_| field.value().is_string()) else {
        let what = if text.is_empty() { "missing" } else { "not a service" };
        draft.refuse(&place, format!("{what}; expected {}, with or without a port", service.name), IGNORED);
        return None;
    };
    if *name != *service.name || namespace.unwrap_or(mapping.namespace()) != &*service.namespace {
        let message = format!("another service; expected {}, whose annotation this is", service.name);
        draft.ignore_but(&place, message, IGNORED);
        return None;
    }
    if tls {
        draft.ignore_but(&place, "TLS to pods isn't supported", "they are spoken to without TLS");
    }
    Some(Backend { port: port.map(str::to_owned) })
}

fn parse(text: &str) -> Option<Spelt<'_>> {
    let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
    let tls = match scheme {
        None | Some("http" | "grpc") => false,
        Some("https" | "grpcs") => true,
        Some(_) => return None,
    };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    let mut labels = host.split('.');
    let name = labels.next().filter(|name| is_label(name))?;
    let namespace = labels.next();
    let is_cluster_name = labels.next().is_none_or(|label| label == "svc");
    let fits = namespace.is_none_or(is_label) && is_cluster_name && port.is_none_or(is_label);
    fits.then_some(Spelt { tls, name, namespace, port })
}

/// The form of names in Kubernetes, numbers of ports among them.
fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
