//! Warnings about ports: guessed protocols and missing default ports.

use super::PREFIX;
use super::port_protocol::{self, Said};
use super::resolve::spoken;
use crate::model::defaults::Claim;
use crate::model::{Defaults, Key, ObjectRef, Protocol, Reason, Rejected, object};

/// Words in the names of ports that are beside what the Service is for.
const ASIDE: [&str; 10] =
    ["admin", "debug", "health", "healthz", "metrics", "monitoring", "pprof", "prom", "prometheus", "status"];

/// Where the ports of a Service stand.
const PORTS: [&str; 2] = ["spec", "ports"];

/// What is in doubt about the ports that are served (`claims`).
///
/// A guess is told of where it matters: at a port that requests are sent to though nobody names it. `chancery explain` tells
/// of all.
pub(super) fn of(service: &object::Service, claims: &[Claim], defaults: Defaults) -> Vec<Rejected> {
    let mut doubts: Vec<Rejected> = claims.iter().filter_map(|claim| of_port(service, *claim, defaults)).collect();
    if let Some(doubt) = no_default(service, claims).filter(|_| defaults.are_missing()) {
        doubts.push(doubt);
    }
    doubts
}

/// That there is no default port, if a port could be one; with how to do about it.
fn no_default(service: &object::Service, claims: &[Claim]) -> Option<Rejected> {
    let usable = || claims.iter().filter(|claim| claim.protocol.is_http());
    let is_main = |claim: &&Claim| {
        let words = |port: &object::Port| port.name.split('-').any(|word| ASIDE.contains(&word));
        port(service, claim.number).is_some_and(|port| !words(port))
    };
    let claim = usable().find(is_main).or_else(|| usable().next())?;
    let example = port(service, claim.number)?;
    let several = |protocol| usable().filter(|claim| claim.is_said && claim.protocol == protocol).count() > 1;
    let why = match (several(Protocol::Grpc), several(Protocol::Http1)) {
        (true, _) => ", as several say gRPC",
        (false, true) => ", as several say HTTP/1",
        (false, false) => "",
    };
    let or = if claim.is_said { String::new() } else { format!(", or say {PREFIX}protocol.{}: grpc", spoken(example)) };
    let (object::Port { number, .. }, Key { namespace, name }) = (example, &service.key);
    let scheme = if claim.is_said && claim.protocol == Protocol::Http1 { "" } else { "xds:///" };
    let message = format!("no default port{why}: name one, e.g. {scheme}{name}.{namespace}:{number}{or}");
    Some(doubt(service, "", message, "no port is reached under the names without a port"))
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
            "port {number} speaks TLS, as {says} says, and TLS to pods isn't supported yet; expected {key}: http1, http2 or \
             grpc if its pods speak cleartext"
        );
        let meanwhile = "clients get its cluster and endpoints, and no domain leads to it";
        return Some(doubt(service, spoken(port), message, meanwhile));
    }
    (!is_said && defaults.include(number)).then(|| {
        let message = match port_protocol::unknown_app_protocol(port) {
            Some(word) => format!(
                "the appProtocol of port {number}, {}, isn't understood; expected {key}: grpc, http2, http1 or tcp",
                Rejected::shorten(word)
            ),
            None => format!(
                "the protocol of port {number} isn't stated; expected {key}, appProtocol, or a name such as grpc or http"
            ),
        };
        doubt(service, spoken(port), message, &format!("the guess, {}, is in force", protocol.as_str()))
    })
}

fn port(service: &object::Service, number: u16) -> Option<&object::Port> {
    service.ports.iter().find(|port| port.number == number)
}

fn doubt(service: &object::Service, value: impl Into<String>, message: String, meanwhile: &str) -> Rejected {
    Rejected {
        object: ObjectRef::service(&service.key),
        field: PORTS.into(),
        value: value.into(),
        reason: Reason::DoubtfulObject,
        message,
        meanwhile: meanwhile.to_owned(),
    }
}
