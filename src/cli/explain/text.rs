//! Prints an explanation as text.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::super::output::{table, wrapped};
use crate::model::explanation::{
    AddressExplanation, AddressReason, AddressState, DefaultFor, DomainExplanation, DomainOwner, PortExplanation,
    RejectedSetting, ServiceExplanation, SettingExplanation, SettingOrigin, SliceSummary, UnservedReason,
};
use crate::model::settings::PREFIX;
use crate::model::{Protocol, RejectedJson, Requests};

/// The widest value that other values are lined up with.
const MAX_VALUE: usize = 34;

/// The widest name that other names are lined up with.
const MAX_NAME: usize = 60;

/// Prints all of it; with `all` also the settings that have their defaults.
pub(super) fn print(out: &mut dyn Write, explanation: &ServiceExplanation, all: bool) -> io::Result<()> {
    let ServiceExplanation { namespace, name, unserved, ports, slices, rejected } = explanation;
    let state = match unserved {
        Some(unserved) => format!("not served: {}", why_unserved(*unserved)),
        None if ports.iter().all(|port| port.served) => "served".to_owned(),
        None if ports.iter().any(|port| port.served) => "some ports are served".to_owned(),
        None => "not served".to_owned(),
    };
    wrapped(out, &format!("Service {namespace}/{name}: {state}"), 0, 2)?;
    for port in ports {
        writeln!(out)?;
        print_port(out, port, (name, slices), all || unserved.is_some())?;
    }
    print_rejected(out, rejected)
}

fn print_port(
    out: &mut dyn Write,
    port: &PortExplanation,
    (service, slices): (&str, &[SliceSummary]),
    all: bool,
) -> io::Result<()> {
    let PortExplanation {
        number,
        name,
        default: _,
        default_for,
        unknown_app_protocol,
        served: _,
        unserved,
        cluster,
        fleets,
        domains,
        settings,
        addresses,
    } = port;
    let mut head = format!("Port {number}");
    if !name.is_empty() {
        head = format!("{head} ({name})");
    }
    head.push_str(default_for.map_or("", default_port));
    let protocol = protocol(port, unknown_app_protocol.as_deref());
    if let Some(unserved) = unserved {
        wrapped(out, &format!("{head}: not served: {}", why_unserved(*unserved)), 0, 2)?;
        wrapped(out, &protocol, 2, 11)?;
        // Of a port that nobody gets, only what would change that is of interest.
        let of_interest: Vec<&SettingExplanation> =
            settings.iter().filter(|one| one.key == "enabled" && !is_default(one)).collect();
        return if of_interest.is_empty() { Ok(()) } else { print_settings(out, &of_interest) };
    }
    writeln!(out, "{head}: served")?;
    wrapped(out, &protocol, 2, 11)?;
    if let Some(cluster) = cluster {
        writeln!(out, "  cluster  {cluster}")?;
    }
    let fleets = if fleets.iter().any(|fleet| fleet == "*") { "all".to_owned() } else { fleets.join(", ") };
    wrapped(out, &format!("fleets   {fleets}"), 2, 11)?;
    print_domains(out, domains)?;
    writeln!(out)?;
    let (folded, shown): (Vec<&SettingExplanation>, Vec<&SettingExplanation>) =
        settings.iter().partition(|setting| !all && is_default(setting));
    print_settings(out, &shown)?;
    if !folded.is_empty() {
        let words = if folded.len() == 1 {
            "has its default (--all shows it)"
        } else {
            "have their defaults (--all shows them)"
        };
        writeln!(out, "  {} {words}", counted(folded.len(), "setting"))?;
    }
    writeln!(out)?;
    if addresses.is_empty() {
        return wrapped(out, &format!("no address: {}", why_empty(service, name, slices)), 2, 4);
    }
    print_addresses(out, addresses)
}

fn print_domains(out: &mut dyn Write, domains: &[DomainExplanation]) -> io::Result<()> {
    let is_kept = |domain: &&DomainExplanation| domain.lost.is_empty();
    let kept: Vec<String> = domains.iter().filter(is_kept).map(domain).collect();
    let kept = if kept.is_empty() { "none".to_owned() } else { kept.join(", ") };
    wrapped(out, &format!("domains  {kept}"), 2, 11)?;
    for DomainExplanation { domain, requests: _, lost } in domains {
        for DomainOwner { service, port, fleets } in lost {
            let fleets = fleets.as_ref().map(|fleets| format!(", {}", in_fleets(fleets))).unwrap_or_default();
            wrapped(out, &format!("lost     {domain}: Service {service} has it (port {port}){fleets}"), 2, 11)?;
        }
    }
    Ok(())
}

fn domain(DomainExplanation { domain, requests, lost: _ }: &DomainExplanation) -> String {
    match requests {
        Requests::All => domain.clone(),
        Requests::Grpc => format!("{domain} (gRPC requests)"),
        Requests::Other => format!("{domain} (all but gRPC requests)"),
    }
}

/// What follows the name of a default port.
const fn default_port(default_for: DefaultFor) -> &'static str {
    match default_for {
        DefaultFor::All => ", the default port",
        DefaultFor::Grpc => ", the default port for gRPC",
        DefaultFor::Http => ", the default port for all but gRPC",
        DefaultFor::Domains => ", the default port, but not of gRPC clients",
    }
}

/// What a port is taken to speak if nothing says what.
const GUESS: &str = Protocol::Http2.as_str();

/// What a port speaks, and what says so.
fn protocol(port: &PortExplanation, unknown_app_protocol: Option<&str>) -> String {
    let setting = port.settings.iter().find(|setting| setting.key == "protocol");
    let Some(setting) = setting else { return String::new() };
    let SettingExplanation { value, origin, .. } = setting;
    let spoken = if port.name.is_empty() { port.number.to_string() } else { port.name.clone() };
    let said = match origin {
        SettingOrigin::Default => format!(
            "{GUESS} (a guess, because nothing says otherwise: neither {PREFIX}protocol.{spoken}, nor appProtocol, nor a name \
             of the port such as grpc or http)"
        ),
        _ => format!("{value} ({})", whence(setting)),
    };
    let unspoken = match value.as_str() {
        "tls" => "; TLS to pods isn't supported yet, so no domain leads to it",
        "tcp" => "; not HTTP, so no domain leads to it",
        _ => "",
    };
    let unknown = unknown_app_protocol.map(|word| format!("; appProtocol {word} isn't understood")).unwrap_or_default();
    format!("protocol {said}{unspoken}{unknown}")
}

fn in_fleets(fleets: &[String]) -> String {
    let named: Vec<&str> = fleets.iter().map(String::as_str).filter(|fleet| !fleet.is_empty()).collect();
    match (named.is_empty(), named.len() < fleets.len()) {
        (true, _) => "in the fleets that nobody names".to_owned(),
        (false, true) => format!("in {} and the fleets that nobody names", named.join(", ")),
        (false, false) => format!("in {}", named.join(", ")),
    }
}

/// Each setting, and under it what is rejected of it.
fn print_settings(out: &mut dyn Write, settings: &[&SettingExplanation]) -> io::Result<()> {
    if settings.is_empty() {
        return Ok(());
    }
    let row = |setting: &&SettingExplanation| [setting.key.to_string(), setting.value.clone(), whence(setting)];
    let head = ["SETTING", "VALUE", "FROM"].map(str::to_owned);
    let rows: Vec<[String; 3]> = [head].into_iter().chain(settings.iter().map(row)).collect();
    let rejected = [None].into_iter().chain(settings.iter().map(|setting| setting.rejected.as_ref()));
    for (line, rejected) in table(&rows, 2, MAX_VALUE).into_iter().zip(rejected) {
        writeln!(out, "{line}")?;
        if let Some(RejectedSetting { origin, annotation, value }) = rejected {
            let from = from(*origin, Some(annotation.as_str()));
            wrapped(out, &format!("\"{value}\" stands there now and can't be used: {from}"), 4, 6)?;
        }
    }
    Ok(())
}

fn is_default(setting: &SettingExplanation) -> bool {
    setting.origin == SettingOrigin::Default && setting.rejected.is_none()
}

/// Where the value of a setting comes from, in words.
fn whence(setting: &SettingExplanation) -> String {
    let SettingExplanation { key: _, value: _, origin, annotation, last_good, rejected: _ } = setting;
    let from = from(*origin, annotation.as_deref());
    if *last_good { format!("last good of {from}") } else { from }
}

fn from(origin: SettingOrigin, annotation: Option<&str>) -> String {
    let whose = match origin {
        SettingOrigin::Service => "Service",
        SettingOrigin::Namespace => "Namespace",
        SettingOrigin::AppProtocol => "appProtocol of the port",
        SettingOrigin::PortName => "name of the port",
        SettingOrigin::PortNumber => "number of the port",
        SettingOrigin::TrafficDistribution => "trafficDistribution of the Service",
        SettingOrigin::Default => "default",
    };
    annotation.map_or_else(|| whose.to_owned(), |annotation| format!("{whose}, {annotation}"))
}

/// The addresses, grouped by why they are in or out.
fn print_addresses(out: &mut dyn Write, addresses: &[AddressExplanation]) -> io::Result<()> {
    let mut groups: BTreeMap<(AddressState, AddressReason, String), Vec<&AddressExplanation>> = BTreeMap::new();
    for address in addresses {
        groups.entry((address.state, address.reason, why(address))).or_default().push(address);
    }
    let all_same = addresses.iter().all(|address| address.weight.is_none_or(|weight| weight == 1));
    let head = ["ADDRESS", "ZONE", "NODE", "WEIGHT", "POD", "SLICE"].map(str::to_owned);
    let rows = groups.values().flatten().map(|address| row(address, all_same));
    let mut rows: Vec<[String; 6]> = [head].into_iter().chain(rows).collect();
    drop_empty_columns(&mut rows);
    let mut lines = table(&rows, 4, MAX_NAME).into_iter();
    writeln!(out, "{}", lines.next().unwrap_or_default())?;
    for ((state, _, why), group) in groups {
        let state = match state {
            AddressState::In => "in",
            AddressState::Draining => "draining",
            AddressState::Out => "out",
        };
        wrapped(out, &format!("{} {state}: {why}", group.len()), 2, 4)?;
        for line in lines.by_ref().take(group.len()) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// Its cells; the weights of all are left out if they say nothing.
fn row(address: &AddressExplanation, all_same_weight: bool) -> [String; 6] {
    let AddressExplanation { address, port, zone, node, weight, pod, slice, .. } = address;
    let address = match port {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address.clone(),
    };
    let weight = weight.filter(|_| !all_same_weight).map(|weight| weight.to_string()).unwrap_or_default();
    [address, zone.clone(), node.clone(), weight, pod.clone().unwrap_or_default(), slice.clone()]
}

/// Empties the heads of columns that are empty otherwise.
fn drop_empty_columns<const N: usize>(rows: &mut [[String; N]]) {
    let Some((head, rows)) = rows.split_first_mut() else { return };
    for (column, title) in head.iter_mut().enumerate() {
        if rows.iter().all(|row| row.get(column).is_none_or(String::is_empty)) {
            title.clear();
        }
    }
}

/// Why an address is in, draining or out.
fn why(address: &AddressExplanation) -> String {
    match address.reason {
        AddressReason::Ready => "ready".to_owned(),
        AddressReason::NotReadyPublished => "not ready, but the Service has publishNotReadyAddresses".to_owned(),
        AddressReason::NothingElse => "terminating, but still serving, and no address is ready".to_owned(),
        AddressReason::Terminating => "terminating, but still serving: it finishes what it has begun".to_owned(),
        AddressReason::NotReady => "not ready".to_owned(),
        AddressReason::Terminated => "terminating, and no longer serving".to_owned(),
        AddressReason::SecondAddress => {
            "the second address of a pod, for clients that get no connection over its first".to_owned()
        }
        AddressReason::OtherFamily => {
            "addresses of the other family are used; which pod this one belongs to, its slice doesn't say (targetRef)"
                .to_owned()
        }
        AddressReason::Repeated => {
            let slice = address.instead.as_deref().unwrap_or_default();
            format!("the same address counts already, as it stands in {slice}")
        }
        AddressReason::Rejected => address.message.clone().unwrap_or_else(|| "refused".to_owned()),
    }
}

const fn why_unserved(unserved: UnservedReason) -> &'static str {
    match unserved {
        UnservedReason::NotEnabled => {
            "nobody asked for it; the annotation chancery.dev/enabled: \"true\" does, on the Service or its Namespace"
        }
        UnservedReason::Disabled => "enabled is false for it",
        UnservedReason::ExternalName => "an ExternalName Service has no pods to balance over",
        UnservedReason::NoTcpPort => "it has no TCP port",
        UnservedReason::Unusable => "it can't be used",
    }
}

/// Why a port that is served has no address, and what to do.
fn why_empty(service: &str, port_name: &str, slices: &[SliceSummary]) -> String {
    let count = counted(slices.len(), "EndpointSlice");
    if slices.is_empty() {
        return format!(
            "no EndpointSlice belongs to the Service. One does by its label kubernetes.io/service-name: {service}. \
             Kubernetes writes them for a Service with a selector; objects of the older kind Endpoints aren't read"
        );
    }
    if slices.iter().all(|slice| slice.addresses == 0) {
        let them = if slices.len() == 1 { "it" } else { "them" };
        return format!(
            "the Service has {count}, without an address in {them}: what the Service selects is scaled to zero, or \
             its selector matches no pod"
        );
    }
    if slices.iter().any(|slice| slice.ports.iter().any(|name| name == port_name)) {
        return format!("the Service has {count}, and none holds an address for this port");
    }
    let mut names: Vec<String> = slices.iter().flat_map(|slice| &slice.ports).map(|name| spoken(name)).collect();
    names.sort_unstable();
    names.dedup();
    let names = if names.is_empty() { "no TCP port".to_owned() } else { names.join(" and ") };
    let wanted =
        if port_name.is_empty() { "an unnamed port, as the Service's is".to_owned() } else { spoken(port_name) };
    format!(
        "the Service has {count}, but with {names}, not with {wanted}. A port of an EndpointSlice has the name of the \
         Service's port"
    )
}

/// What a port of a slice is called.
fn spoken(name: &str) -> String {
    if name.is_empty() { "an unnamed port".to_owned() } else { format!("a port \"{name}\"") }
}

fn print_rejected(out: &mut dyn Write, rejected: &[RejectedJson]) -> io::Result<()> {
    if rejected.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nErrors and warnings:")?;
    for one in rejected {
        wrapped(out, &format!("{}: {one}", one.severity), 2, 4)?;
    }
    Ok(())
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
