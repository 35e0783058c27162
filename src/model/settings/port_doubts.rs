//! What the ports of a Service leave in doubt: what they speak, and which of them is meant when nobody names one.

use super::PREFIX;
use super::port_protocol::{self, Said};
use super::resolve::spoken;
use crate::model::defaults::Claim;
use crate::model::{Defaults, ObjectRef, Protocol, Reason, Rejected, object};

/// Where the ports of a Service stand.
const PORTS: &str = "spec.ports";

/// What is in doubt about the ports that are served (`claims`).
///
/// A guess is told of where it matters: at a port that requests are sent to though nobody names it. `chancery explain` tells
/// of all.
pub(super) fn of(service: &object::Service, claims: &[Claim], defaults: Defaults) -> Vec<Rejected> {
    let mut doubts: Vec<Rejected> = claims.iter().filter_map(|claim| of_port(service, *claim, defaults)).collect();
    let is_usable = |claim: &&Claim| claim.protocol.is_http();
    let example = claims.iter().find(is_usable).and_then(|claim| port(service, claim.number));
    if let Some(example) = example.filter(|_| defaults.are_missing()) {
        let (name, namespace) = (&service.key.name, &service.key.namespace);
        let says_grpc = |claim: &&Claim| claim.is_said && claim.protocol == Protocol::Grpc;
        let (why, or) = if claims.iter().any(|claim| says_grpc(&claim)) {
            (", as several say gRPC", String::new())
        } else {
            ("", format!(", or say {PREFIX}protocol.{}: grpc", spoken(example)))
        };
        let message = format!("no default port{why}: name one, e.g. xds:///{name}.{namespace}:{}{or}", example.number);
        doubts.push(doubt(service, "", message, "no port is reached under the names without a port"));
    }
    doubts
}

fn of_port(service: &object::Service, claim: Claim, defaults: Defaults) -> Option<Rejected> {
    let Claim { number, protocol, is_said } = claim;
    let port = port(service, number)?;
    let key = format!("{PREFIX}protocol.{}", spoken(port));
    if protocol == Protocol::Tls {
        let says = match port_protocol::of(port).1 {
            Said::AppProtocol => "its appProtocol",
            Said::PortName => "its name",
            Said::PortNumber | Said::Nothing => "its number",
        };
        let message = format!(
            "port {number} speaks TLS, as {says} says, and pods aren't spoken to in TLS yet; expected {key}: http1, http2 or \
             grpc if its pods speak without TLS"
        );
        let meanwhile = "clients get its cluster and endpoints, and no domain leads to it";
        return Some(doubt(service, spoken(port), message, meanwhile));
    }
    (!is_said && defaults.include(number)).then(|| {
        let message = format!(
            "nothing says what port {number} speaks; expected {key}, appProtocol, or a name such as grpc or http"
        );
        doubt(service, spoken(port), message, &format!("the guess, {}, is in force", protocol.as_str()))
    })
}

fn port(service: &object::Service, number: u16) -> Option<&object::Port> {
    service.ports.iter().find(|port| port.number == number)
}

fn doubt(service: &object::Service, value: impl Into<String>, message: String, meanwhile: &str) -> Rejected {
    Rejected {
        object: ObjectRef::service(&service.key),
        field: PORTS.to_owned(),
        value: value.into(),
        reason: Reason::DoubtfulObject,
        message,
        meanwhile: meanwhile.to_owned(),
    }
}
