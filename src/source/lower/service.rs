//! `v1` `Service`.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::Metadata;
use super::names;
use super::report::Report;
use crate::model::compat::Compat;
use crate::model::{Kind, Lowered, ZoneRouting, object};

/// The transport protocols of a port; only TCP carries requests that we balance.
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// The types that a Service can have.
const TYPES: [&str; 4] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];

/// What a Service can say of where its requests go, and what that is to us. `PreferClose` is the old word for
/// `PreferSameZone`.
const TRAFFIC_DISTRIBUTIONS: [(&str, ZoneRouting); 3] = [
    ("PreferSameZone", ZoneRouting::PreferZone),
    ("PreferSameNode", ZoneRouting::PreferNode),
    ("PreferClose", ZoneRouting::PreferZone),
];

pub(super) fn lower(service: &core::Service, compat: Compat) -> Lowered {
    let core::Service { metadata, spec, status: _ } = service;
    let (metadata, mut report) = Metadata::read(Kind::Service, metadata);
    let Some(spec) = spec else {
        report.refuse("spec", "", "missing; expected the ports of the Service");
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
        internal_traffic_policy: _,
        ip_families: _,
        ip_family_policy: _,
        load_balancer_class: _,
        load_balancer_ip: _,
        load_balancer_source_ranges: _,
        ports,
        publish_not_ready_addresses,
        // Endpoints come from slices, whoever wrote them.
        selector: _,
        session_affinity: _,
        session_affinity_config: _,
        traffic_distribution,
        type_,
    } = spec;

    let type_ = type_.as_deref().unwrap_or("ClusterIP");
    if !TYPES.contains(&type_) {
        report.refuse("spec.type", type_, format!("not a type of Service; expected one of {}", TYPES.join(", ")));
    }
    let external_name = type_ == "ExternalName";
    let headless = cluster_ip.as_deref() == Some("None");
    let ports = ports.as_deref().unwrap_or_default();
    if ports.is_empty() && !external_name && !headless {
        report.refuse("spec.ports", "", "missing; expected at least one port");
    }
    let ports = lower_ports(ports, &mut report);
    let zone_routing = zone_routing(traffic_distribution.as_deref(), &mut report);
    if report.is_refused() {
        return refused(&metadata, compat, report);
    }
    let settings = metadata.settings(&mut report);
    let translated = metadata.translated(compat, &mut report);
    report.lowered(Some(object::Object::Service(object::Service {
        key: metadata.key,
        created: metadata.created,
        settings,
        translated,
        ports,
        external_name,
        publish_not_ready: publish_not_ready_addresses.unwrap_or(false),
        zone_routing,
    })))
}

/// Nothing of it can be used. What other products say counts here, too, as far as it is read.
fn refused(metadata: &Metadata<'_>, compat: Compat, mut report: Report) -> Lowered {
    if metadata.is_opted_in_elsewhere(compat) {
        report.concerns_us();
    }
    report.lowered(None)
}

fn zone_routing(distribution: Option<&str>, report: &mut Report) -> ZoneRouting {
    let Some(word) = distribution else { return ZoneRouting::Off };
    if let Some((_, zone_routing)) = TRAFFIC_DISTRIBUTIONS.iter().find(|(known, _)| *known == word) {
        return *zone_routing;
    }
    let known = TRAFFIC_DISTRIBUTIONS.map(|(known, _)| known).join(", ");
    report.refuse("spec.trafficDistribution", word, format!("not a traffic distribution; expected one of {known}"));
    ZoneRouting::Off
}

/// The TCP ports; the others are checked as well, because Kubernetes refuses the Service for any of them.
fn lower_ports(ports: &[core::ServicePort], report: &mut Report) -> Vec<object::Port> {
    let mut lowered = Vec::with_capacity(ports.len());
    let mut names_seen = BTreeSet::new();
    let mut numbers_seen = BTreeSet::new();
    for (i, port) in ports.iter().enumerate() {
        let core::ServicePort { app_protocol, name, node_port: _, port: number, protocol, target_port } = port;
        let field = format!("spec.ports[{i}]");

        let name = name.as_deref().unwrap_or_default();
        if name.is_empty() {
            if ports.len() > 1 {
                report.refuse(format!("{field}.name"), "", "missing; expected a name, as there are several ports");
            }
        } else if let Err(message) = names::dns_label(name) {
            report.refuse(format!("{field}.name"), name, message);
        } else if !names_seen.insert(name) {
            report.refuse(format!("{field}.name"), name, "the name of an earlier port; expected a name of its own");
        }

        let protocol = protocol.as_deref().unwrap_or("TCP");
        if !PROTOCOLS.contains(&protocol) {
            let message = format!("not a transport protocol; expected one of {}", PROTOCOLS.join(", "));
            report.refuse(format!("{field}.protocol"), protocol, message);
        }
        let number = port_number(*number).unwrap_or_else(|message| {
            report.refuse(format!("{field}.port"), &number.to_string(), message);
            0
        });
        if number != 0 && !numbers_seen.insert((protocol, number)) {
            let message = format!("the number of an earlier {protocol} port; expected each number once");
            report.refuse(format!("{field}.port"), &number.to_string(), message);
        }
        if let Some(app_protocol) = app_protocol
            && let Err(message) = names::qualified_name(app_protocol)
        {
            report.refuse(format!("{field}.appProtocol"), app_protocol, message);
        }
        check_target(target_port.as_ref(), &field, report);

        if protocol == "TCP" {
            lowered.push(object::Port {
                name: name.into(),
                number,
                app_protocol: app_protocol.as_deref().map(Into::into),
            });
        }
    }
    lowered
}

fn check_target(target: Option<&IntOrString>, field: &str, report: &mut Report) {
    let (value, check) = match target {
        // Kubernetes fills in the port's own number for each of these.
        None | Some(IntOrString::Int(0)) => return,
        Some(IntOrString::String(name)) if name.is_empty() => return,
        Some(IntOrString::Int(number)) => (number.to_string(), port_number(*number).map(|_| ())),
        Some(IntOrString::String(name)) => (name.clone(), names::port_name(name)),
    };
    if let Err(message) = check {
        report.refuse(format!("{field}.targetPort"), &value, message);
    }
}

/// A port's number, 1 to 65535.
pub(super) fn port_number(number: i32) -> Result<u16, &'static str> {
    u16::try_from(number).ok().filter(|&number| number != 0).ok_or("not a port's number; expected 1 to 65535")
}
