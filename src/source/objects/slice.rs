//! Converts a `discovery.k8s.io/v1` `EndpointSlice`.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::discovery::v1 as discovery;

use super::address;
use super::metadata::Metadata;
use super::names;
use super::report::Report;
use super::service::port_number;
use crate::model::object::{self, IpFamily};
use crate::model::{Converted, FieldPath, Key, Kind, Location, Reason};

/// The label of an EndpointSlice that names its Service.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// How many endpoints a slice may have (Kubernetes' own limit).
const MAX_ENDPOINTS: usize = 1000;

pub(super) fn convert(slice: &discovery::EndpointSlice, allow_loopback: bool) -> Converted {
    let discovery::EndpointSlice { address_type, endpoints, metadata, ports } = slice;
    let (metadata, mut report) = Metadata::read(Kind::EndpointSlice, metadata);
    let key = metadata.key.clone();
    let Some(service) = metadata.label(SERVICE_NAME_LABEL) else {
        let service = Key::new(key.namespace.clone(), "");
        let nobodys = object::EndpointSlice { key, service, ports: Vec::new(), endpoints: Vec::new() };
        return report.converted(Some(object::Object::EndpointSlice(nobodys)));
    };
    if let Err(message) = names::label_value(service) {
        report.refuse(Location::label(SERVICE_NAME_LABEL), service, message);
    }
    let family = family(address_type, &mut report);
    if endpoints.len() > MAX_ENDPOINTS {
        let message = format!("too many; expected at most {MAX_ENDPOINTS} endpoints a slice, not {}", endpoints.len());
        report.refuse(["endpoints"], "", message);
    }
    let ports = convert_ports(ports.as_deref().unwrap_or_default(), &mut report);
    if report.is_refused() {
        return report.converted(None);
    }
    let usable = family.map(|family| (family, endpoints.iter().enumerate())).into_iter();
    let endpoints = usable
        .flat_map(|(family, endpoints)| endpoints.map(move |(i, endpoint)| (family, i, endpoint)))
        .filter_map(|(family, i, endpoint)| {
            let address = usable_address(i, &endpoint.addresses, family, allow_loopback, &mut report)?;
            Some(convert_endpoint(endpoint, address, &key))
        })
        .collect();
    let service = Key::new(key.namespace.clone(), service);
    report.converted(Some(object::Object::EndpointSlice(object::EndpointSlice { key, service, ports, endpoints })))
}

/// The family of a slice; `None` if nothing of it can be served.
fn family(address_type: &str, report: &mut Report) -> Option<IpFamily> {
    match address_type {
        "IPv4" => Some(IpFamily::V4),
        "IPv6" => Some(IpFamily::V6),
        "FQDN" => {
            let message = "host names aren't supported; expected IPv4 or IPv6";
            report.refuse_for(Reason::Unsupported, ["addressType"], address_type, message);
            None
        }
        _ => {
            let message = match address_type {
                "" => "is empty; expected IPv4 or IPv6",
                _ => "not an address type that Chancery knows; expected IPv4 or IPv6",
            };
            report.doubt(["addressType"], address_type, message, "the slice is left out; other slices are served");
            None
        }
    }
}

/// The TCP ports that have a number.
fn convert_ports(ports: &[discovery::EndpointPort], report: &mut Report) -> Vec<(Arc<str>, u16)> {
    let mut converted = Vec::with_capacity(ports.len());
    let mut seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        // The Service's own `appProtocol` counts.
        let discovery::EndpointPort { app_protocol: _, name, port: number, protocol } = port;
        let field = FieldPath::of(["ports"]).item(i);
        let name = name.as_deref().unwrap_or_default();
        if !name.is_empty()
            && let Err(message) = names::dns_label(name)
        {
            report.doubt(field.field("name"), name, message, "it applies to the port of this name");
        }
        if !seen.insert(name) {
            report.refuse(field.field("name"), name, "the name of an earlier port; expected a name of its own");
        }
        match protocol.as_deref().unwrap_or("TCP") {
            "TCP" => {}
            "UDP" | "SCTP" => continue,
            other => {
                let message = match other {
                    "" => "is empty; expected TCP, UDP or SCTP",
                    _ => "not a transport protocol that Chancery knows; expected TCP, UDP or SCTP",
                };
                report.doubt(field.field("protocol"), other, message, "the port is left out");
                continue;
            }
        }
        // Kubernetes itself accepts any number here, so a bad one costs this port only.
        match number.map(port_number) {
            Some(Ok(number)) => converted.push((name.into(), number)),
            Some(Err(message)) => {
                let value = number.map(|number| number.to_string()).unwrap_or_default();
                report.leave_out(field.field("port"), &value, message);
            }
            None => {
                let message = "missing, which means every port; expected a number from 1 to 65535";
                report.leave_out(field.field("port"), "", message);
            }
        }
    }
    converted
}

fn usable_address(
    i: usize,
    addresses: &[String],
    family: IpFamily,
    allow_loopback: bool,
    report: &mut Report,
) -> Option<std::net::IpAddr> {
    let field = FieldPath::of(["endpoints"]).item(i).field("addresses");
    let Some(first) = addresses.first() else {
        report.leave_out(field, "", "missing; expected an address");
        return None;
    };
    address::usable(first, family, allow_loopback)
        .map_err(|message| report.leave_out(field.item(0), first, message))
        .ok()
}

fn convert_endpoint(endpoint: &discovery::Endpoint, address: std::net::IpAddr, slice: &Key) -> object::SliceEndpoint {
    let discovery::Endpoint {
        addresses: _,
        conditions,
        // What an old `v1beta1` object said of its topology; zone and node have fields of their own now.
        deprecated_topology: _,
        // Which zones the endpoint was assigned to; where it runs decides here.
        hints: _,
        hostname: _,
        node_name,
        target_ref,
        zone,
    } = endpoint;
    let (ready, serving, terminating) = match conditions {
        None => (None, None, None),
        Some(discovery::EndpointConditions { ready, serving, terminating }) => (*ready, *serving, *terminating),
    };
    let ready = ready.unwrap_or(true);
    object::SliceEndpoint {
        address,
        ready,
        serving: serving.unwrap_or(ready),
        terminating: terminating.unwrap_or(false),
        zone: zone.as_deref().unwrap_or_default().into(),
        node: node_name.as_deref().unwrap_or_default().into(),
        pod: target_ref.as_ref().and_then(|target| pod(target, slice)),
    }
}

fn pod(target: &ObjectReference, slice: &Key) -> Option<Key> {
    let ObjectReference { api_version: _, field_path: _, kind, name, namespace, resource_version: _, uid: _ } = target;
    if kind.as_deref() != Some("Pod") {
        return None;
    }
    let namespace = namespace.as_deref().map_or_else(|| slice.namespace.clone(), Arc::from);
    Some(Key::new(namespace, name.as_deref()?))
}
