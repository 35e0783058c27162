//! Converts a `v1` `Service`.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::Metadata;
use super::names;
use super::report::Report;
use crate::model::compat::Compat;
use crate::model::object::{self, IpFamily, Traffic};
use crate::model::{Converted, FieldPath, Kind, Location, Reason, ZoneRouting};

/// The transport protocols of a port; only TCP carries requests that we balance.
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// The types that a Service can have.
const TYPES: [&str; 4] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];

/// The families of addresses that there are.
const FAMILIES: [IpFamily; 2] = [IpFamily::V4, IpFamily::V6];

/// What a Service can say of where its requests go, and what that is to us. `PreferClose` is the old word for
/// `PreferSameZone`.
const TRAFFIC_DISTRIBUTIONS: [(&str, ZoneRouting); 3] = [
    ("PreferSameZone", ZoneRouting::PreferZone),
    ("PreferSameNode", ZoneRouting::PreferNode),
    ("PreferClose", ZoneRouting::PreferZone),
];

pub(super) fn convert(service: &core::Service, compat: Compat) -> Converted {
    let core::Service { metadata, spec, status: _ } = service;
    let (metadata, mut report) = Metadata::read(Kind::Service, metadata);
    let Some(spec) = spec else {
        refuse_patch(["spec"], "missing; expected the ports of the Service", &metadata, compat, &mut report);
        return refused(&metadata, compat, report);
    };
    let core::ServiceSpec {
        allocate_load_balancer_node_ports: _,
        cluster_ip,
        cluster_ips: _,
        external_ips: _,
        external_name: _,
        external_traffic_policy: _,
        health_check_node_port: _,
        internal_traffic_policy,
        ip_families,
        ip_family_policy: _,
        load_balancer_class: _,
        load_balancer_ip: _,
        load_balancer_source_ranges: _,
        ports,
        publish_not_ready_addresses,
        // Endpoints come from slices, whoever wrote them.
        selector: _,
        session_affinity,
        session_affinity_config: _,
        traffic_distribution,
        type_,
    } = spec;

    let type_ = said(type_.as_deref()).unwrap_or("ClusterIP");
    if !TYPES.contains(&type_) {
        doubt(["spec", "type"], type_, "type of Service", &TYPES, "it is served as ClusterIP is", &mut report);
    }
    let external_name = type_ == "ExternalName";
    let headless = cluster_ip.as_deref() == Some("None");
    let ports = ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !external_name && !headless {
        refuse_patch(["spec", "ports"], "missing; expected at least one port", &metadata, compat, &mut report);
    }
    let ports = convert_ports(ports, &mut report);
    let zone_routing = zone_routing(traffic_distribution.as_deref(), &mut report);
    let traffic = Traffic {
        first_family: first_family(ip_families.as_deref().unwrap_or_default(), &mut report),
        own_node_only: is_local(internal_traffic_policy.as_deref(), &mut report),
        client_ip_affinity: is_sticky(said(session_affinity.as_deref()), &mut report),
    };
    if report.is_refused() {
        return refused(&metadata, compat, report);
    }
    let settings = metadata.settings(&mut report);
    let translated = metadata.translated(compat, &ports, external_name, &mut report);
    report.converted(Some(object::Object::Service(object::Service {
        key: metadata.key,
        created: metadata.created,
        settings,
        translated,
        ports,
        external_name,
        publish_not_ready: publish_not_ready_addresses.unwrap_or(false),
        zone_routing,
        traffic,
    })))
}

/// A Service without ports is a patch of one, most of the time: one that takes part only by its Namespace was hardly meant
/// for us.
fn refuse_patch<const N: usize>(
    field: [&'static str; N],
    message: &str,
    metadata: &Metadata<'_>,
    compat: Compat,
    report: &mut Report,
) {
    let is_ours = report.is_ours() || metadata.is_opted_in_elsewhere(compat);
    let reason = if is_ours { Reason::InvalidObject } else { Reason::DoubtfulObject };
    report.refuse_for(reason, field, "", message);
}

/// A word for which Kubernetes fills in a default, not only where there is none, but also where it is empty.
fn said(word: Option<&str>) -> Option<&str> {
    word.filter(|word| !word.is_empty())
}

/// Nothing of it can be used. What other products say counts here, too, as far as it is read.
fn refused(metadata: &Metadata<'_>, compat: Compat, mut report: Report) -> Converted {
    if metadata.is_opted_in_elsewhere(compat) {
        report.concerns_us();
    }
    report.converted(None)
}

fn zone_routing(distribution: Option<&str>, report: &mut Report) -> ZoneRouting {
    let Some(word) = distribution else { return ZoneRouting::Off };
    if let Some((_, zone_routing)) = TRAFFIC_DISTRIBUTIONS.iter().find(|(known, _)| *known == word) {
        return *zone_routing;
    }
    let known = TRAFFIC_DISTRIBUTIONS.map(|(known, _)| known);
    let meanwhile = "it is treated as not set";
    doubt(["spec", "trafficDistribution"], word, "traffic distribution", &known, meanwhile, report);
    ZoneRouting::Off
}

fn first_family(words: &[String], report: &mut Report) -> IpFamily {
    let mut first = None;
    for (i, word) in words.iter().enumerate() {
        if let Some(family) = FAMILIES.into_iter().find(|family| family.as_str() == word) {
            first = first.or(Some(family));
        } else {
            let (field, known) = (FieldPath::of(["spec", "ipFamilies"]).item(i), FAMILIES.map(IpFamily::as_str));
            doubt(field, word, "family of addresses", &known, "it is treated as not in the list", report);
        }
    }
    first.unwrap_or_default()
}

/// Whether only the own node counts; told because it does for those clients only that say theirs.
fn is_local(policy: Option<&str>, report: &mut Report) -> bool {
    const FIELD: [&str; 2] = ["spec", "internalTrafficPolicy"];
    match policy {
        None | Some("Cluster") => false,
        Some(word @ "Local") => {
            let message = "applies to clients that state their Kubernetes node: node.locality.sub_zone, which \
                           `chancery bootstrap` sets with --node-name";
            report.doubt(FIELD, word, message, "other clients use the pods on every node");
            true
        }
        Some(word) => {
            let meanwhile = "it is served as with Cluster";
            doubt(FIELD, word, "traffic policy", &["Cluster", "Local"], meanwhile, report);
            false
        }
    }
}

fn is_sticky(affinity: Option<&str>, report: &mut Report) -> bool {
    match affinity {
        None | Some("None") => false,
        Some("ClientIP") => true,
        Some(word) => {
            let meanwhile = "it is served as with None";
            doubt(["spec", "sessionAffinity"], word, "session affinity", &["None", "ClientIP"], meanwhile, report);
            false
        }
    }
}

/// Tells of a word that isn't known here. A newer Kubernetes may accept it, and then the rest of the object is meant all the
/// same.
fn doubt(field: impl Into<Location>, word: &str, noun: &str, known: &[&str], meanwhile: &str, report: &mut Report) {
    let what = if word.is_empty() { "is empty".to_owned() } else { format!("not a {noun} that Chancery knows") };
    report.doubt(field, word, format!("{what}; expected one of {}", known.join(", ")), meanwhile);
}

/// The TCP ports; the others are checked as well, because Kubernetes refuses the Service for any of them.
///
/// What it refuses in every version costs the Service: ports without number or name, and what two of them share. What a newer
/// version may accept, such as another form of a name, costs at most the port.
fn convert_ports(ports: &[core::ServicePort], report: &mut Report) -> Vec<object::Port> {
    let mut converted = Vec::with_capacity(ports.len());
    let mut names_seen = BTreeSet::new();
    let mut numbers_seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        let core::ServicePort { app_protocol, name, node_port: _, port: number, protocol, target_port } = port;
        let field = FieldPath::of(["spec", "ports"]).item(i);

        let name = name.as_deref().unwrap_or_default();
        if name.is_empty() {
            if ports.len() > 1 {
                report.refuse(field.field("name"), "", "missing; expected a name, as there are several ports");
            }
        } else if let Err(message) = names::dns_label(name) {
            report.doubt(field.field("name"), name, message, "the port is served under this name");
        }
        if !name.is_empty() && !names_seen.insert(name) {
            report.refuse(field.field("name"), name, "the name of an earlier port; expected a name of its own");
        }

        let protocol = said(protocol.as_deref()).unwrap_or("TCP");
        if !PROTOCOLS.contains(&protocol) {
            let field = field.field("protocol");
            doubt(field, protocol, "transport protocol", &PROTOCOLS, "the port is left out", report);
        }
        let number = port_number(*number).unwrap_or_else(|message| {
            report.refuse(field.field("port"), &number.to_string(), message);
            0
        });
        if number != 0 && !numbers_seen.insert((protocol, number)) {
            let message = format!("the number of an earlier {protocol} port; expected each number once");
            report.refuse(field.field("port"), &number.to_string(), message);
        }
        if let Some(app_protocol) = app_protocol
            && let Err(message) = names::qualified_name(app_protocol)
        {
            report.doubt(field.field("appProtocol"), app_protocol, message, "the port is served anyway");
        }
        check_target(target_port.as_ref(), &field, report);

        if protocol == "TCP" {
            converted.push(object::Port {
                name: name.into(),
                number,
                app_protocol: app_protocol.as_deref().map(Into::into),
            });
        }
    }
    converted
}

fn check_target(target: Option<&IntOrString>, port: &FieldPath, report: &mut Report) {
    let field = port.field("targetPort");
    match target {
        // Kubernetes fills in the port's own number for each of these.
        None | Some(IntOrString::Int(0)) => {}
        Some(IntOrString::String(name)) if name.is_empty() => {}
        Some(IntOrString::Int(number)) => {
            if let Err(message) = port_number(*number) {
                report.refuse(field, &number.to_string(), message);
            }
        }
        // Slices have the number, whatever the name is.
        Some(IntOrString::String(name)) => {
            if let Err(message) = names::port_name(name) {
                report.doubt(field, name, message, "the port is served anyway");
            }
        }
    }
}

/// A port's number, 1 to 65535.
pub(super) fn port_number(number: i32) -> Result<u16, &'static str> {
    u16::try_from(number).ok().filter(|&number| number != 0).ok_or("not a port's number; expected 1 to 65535")
}
