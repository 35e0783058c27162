//! Resolves the settings of a Service and its Namespace into one policy per port.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::iter;
use std::sync::Arc;

use super::effective::Effective;
use super::name::{Name, Scope};
use super::port_protocol::{self, Said};
use super::settle::{Clash, doubts, settle};
use super::table::{Reach, Setting};
use super::value::Value;
use super::{PREFIX, Settings, Translated, port_doubts};
use crate::model::compat::AnnotationField;
use crate::model::defaults::Claim;
use crate::model::{Defaults, Location, ObjectRef, Port, Reason, Rejected, Written, meanwhile, object};

/// The settings whose items only one Service can have.
const CLAIMS: [&str; 2] = ["hosts", "routes"];

/// What the settings of a Service come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Whether the author wants the Service served, be it for one port only.
    pub opted_in: bool,
    /// The ports that are served, in the order of their numbers.
    pub ports: Vec<Port>,
    /// Which of them are meant when nobody names one.
    pub defaults: Defaults,
    /// Annotations that are fine by themselves, but not on this Service or not together.
    pub rejected: Vec<Rejected>,
    /// What is in force instead of each annotation whose value can't be used: its field, and the words for
    /// [`Rejected::meanwhile`].
    pub meanwhile: Vec<(Location, String)>,
}

/// The settings that matter for one Service, or, without `namespace`, those of a Namespace alone.
#[derive(Clone, Copy)]
pub(super) struct Layers<'a> {
    own: &'a Settings,
    translated: Option<&'a Translated>,
    namespace: Option<&'a Settings>,
}

/// A value that is in force, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct InForce<'a> {
    pub value: &'a Value,
    pub origin: Origin,
    pub name: &'a Name,
}

/// Whose annotation a value is. The later, the stronger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Namespace,
    Translated,
    Own,
}

/// Lays the settings of the Service over those of its Namespace, for each of its ports.
///
/// A port that isn't enabled is as good as absent, also for what the default port is.
pub fn resolve(service: &object::Service, namespace: Option<&object::Namespace>) -> Resolved {
    let layers = Layers::of(service, namespace);
    let mut served: Vec<(&object::Port, Effective)> = Vec::new();
    for port in &service.ports {
        let effective = layers.effective(service, port, false);
        if effective.enabled {
            served.push((port, effective));
        }
    }
    served.sort_by_key(|(port, _)| port.number);
    served.dedup_by_key(|(port, _)| port.number);

    let claims: Vec<Claim> = served.iter().map(claim).collect();
    let defaults = Defaults::of(&claims);
    for (port, effective) in served.iter_mut().filter(|(port, _)| defaults.include(port.number)) {
        *effective = layers.effective(service, port, true);
    }
    let mut rejected: BTreeSet<Rejected> = layers.misplaced(service).into_iter().collect();
    for (port, effective) in &mut served {
        rejected.extend(layers.clashes(service, port, defaults.include(port.number), effective));
    }
    if defaults.are_missing() {
        rejected.extend(layers.portless(service, &served));
    }
    if service.unserved().is_none() {
        rejected.extend(port_doubts::of(service, &claims, defaults));
    }
    Resolved {
        opted_in: !served.is_empty() || (service.ports.is_empty() && layers.enabled_without_port()),
        defaults,
        // What clashes does so at every port alike, most of the time.
        rejected: rejected.into_iter().collect(),
        meanwhile: layers.meanwhile(&service.ports, defaults),
        ports: served
            .into_iter()
            .map(|(port, effective)| {
                let written = layers.written(service, port, defaults.include(port.number));
                named(port, effective, written)
            })
            .collect(),
    }
}

/// Says of the annotations of a Namespace whose values can't be used what is in force instead.
pub fn restate_namespace(namespace: &object::Namespace, rejected: &mut [Rejected]) {
    let layers = Layers { own: &namespace.settings, translated: None, namespace: None };
    restate(&layers.meanwhile(&[], Defaults::default()), rejected);
}

/// Replaces what is in force meanwhile, by field (see [`Resolved::meanwhile`]), and says whether that was anything else.
pub fn restate(meanwhile: &[(Location, String)], rejected: &mut [Rejected]) -> bool {
    let mut changed = false;
    for (field, words) in meanwhile {
        let is_of_field = |one: &&mut Rejected| one.reason == Reason::InvalidAnnotation && one.field == *field;
        for one in rejected.iter_mut().filter(is_of_field).filter(|one| one.meanwhile != *words) {
            one.meanwhile.clone_from(words);
            changed = true;
        }
    }
    changed
}

impl<'a> Layers<'a> {
    /// The settings of a Service over those of its Namespace.
    pub fn of(service: &'a object::Service, namespace: Option<&'a object::Namespace>) -> Self {
        Self {
            own: &service.settings,
            translated: service.translated.as_deref(),
            namespace: namespace.map(|namespace| &namespace.settings),
        }
    }

    /// Each layer, and whose it is.
    pub fn weakest_first(self) -> [(Option<&'a Settings>, Origin); 3] {
        [
            (self.namespace, Origin::Namespace),
            (self.translated.map(Translated::settings), Origin::Translated),
            (Some(self.own), Origin::Own),
        ]
    }

    /// What is in force for a port, before what contradicts is settled.
    pub fn effective(self, service: &object::Service, port: &object::Port, is_default: bool) -> Effective {
        let mut effective = Effective::default();
        effective.policy.protocol = port_protocol::of(port).0;
        effective.policy.balancing.zone_routing = service.zone_routing;
        effective.policy.balancing.own_node_only = service.traffic.own_node_only;
        let in_force = self.in_force(Some(port), is_default);
        for (key, in_force) in &in_force {
            in_force.value.apply(&mut effective);
            effective.annotated.insert(key);
        }
        let hosts = in_force.get("hosts").or_else(|| in_force.get("routes"));
        effective.has_service_hosts = hosts.is_some_and(|hosts| hosts.name.scope == Scope::Plain);
        effective
    }

    /// Whether ports would be served if there were any.
    fn enabled_without_port(self) -> bool {
        let mut effective = Effective::default();
        for in_force in self.in_force(None, true).values() {
            in_force.value.apply(&mut effective);
        }
        effective.enabled
    }

    /// What is in force, by key. Of one layer a port's number beats its name, and both beat the plain key.
    pub fn in_force(self, port: Option<&object::Port>, is_default: bool) -> BTreeMap<&'static str, InForce<'a>> {
        let mut in_force = BTreeMap::new();
        for (settings, origin) in self.weakest_first() {
            // In the order of names, too, the weakest scope comes first.
            for (name, value) in settings.into_iter().flat_map(|settings| &settings.good) {
                if name.reaches(port, is_default) && !is_overruled(origin, name, port) {
                    in_force.insert(name.key, InForce { value, origin, name });
                }
            }
        }
        in_force
    }

    /// What the object says itself, strongest first: in our words, then in those of others.
    fn said(self) -> impl Iterator<Item = (Origin, &'a Settings)> {
        let others = self.translated.map(|translated| (Origin::Translated, translated.settings()));
        iter::once((Origin::Own, self.own)).chain(others)
    }

    /// Where a setting stands.
    pub fn field(self, origin: Origin, name: &Name) -> Location {
        self.place(origin, name).map_or_else(|| Location::setting(&name.to_string()), |place| place.field.clone())
    }

    /// Where a setting of another product stands.
    pub fn place(self, origin: Origin, name: &Name) -> Option<&'a AnnotationField> {
        self.translated.filter(|_| origin == Origin::Translated).and_then(|translated| translated.place(name))
    }

    /// Where the lists stand of which others can have an item.
    fn written(
        self,
        service: &object::Service,
        port: &object::Port,
        is_default: bool,
    ) -> BTreeMap<&'static str, Written> {
        let in_force = self.in_force(Some(port), is_default);
        let claims = CLAIMS.into_iter().filter_map(|key| in_force.get_key_value(key));
        let written = claims.map(|(key, InForce { value: _, origin, name })| {
            let field = match origin {
                Origin::Namespace => Location::inherited(&name.to_string(), &service.key.namespace),
                Origin::Translated | Origin::Own => self.field(*origin, name),
            };
            let items = self.translated.filter(|_| *origin == Origin::Translated).into_iter();
            let items = items.flat_map(|translated| translated.items(name));
            let items = items.map(|(item, place)| (item.into(), place.field.clone())).collect();
            (*key, Written { field, items })
        });
        written.collect()
    }

    /// What can't be used of a setting, as its author wrote it.
    fn rejected(
        self,
        service: &object::Service,
        InForce { value, origin, name }: InForce<'_>,
        message: String,
        meanwhile: String,
    ) -> Rejected {
        let text = self.place(origin, name).map_or_else(|| value.text(), |place| &place.value);
        Rejected {
            object: ObjectRef::service(&service.key),
            field: self.field(origin, name),
            value: Rejected::shorten(text),
            reason: Reason::InvalidAnnotation,
            message,
            meanwhile,
        }
    }

    /// Annotations of the Service for ports that it doesn't have.
    fn misplaced(self, service: &object::Service) -> Vec<Rejected> {
        let astray =
            |name: &Name| name.scope != Scope::Plain && !service.ports.iter().any(|port| name.scope.names(port));
        self.said()
            .flat_map(|(origin, Settings { good, bad })| {
                good.iter().map(move |(name, value)| (origin, bad, name, value))
            })
            .filter(|(_, bad, name, _)| astray(name) && !bad.contains(name))
            .map(|(origin, _, name, value)| {
                let message = format!("the Service has no such TCP port; it has {}", ports(service.ports.iter()));
                self.rejected(service, InForce { value, origin, name }, message, meanwhile::IGNORED.to_owned())
            })
            .collect()
    }

    /// Settles what can't be together at this port, and tells it of the annotations that are to blame.
    fn clashes(
        self,
        service: &object::Service,
        port: &object::Port,
        is_default: bool,
        effective: &mut Effective,
    ) -> Vec<Rejected> {
        let clashes = settle(effective);
        let doubts = doubts(effective);
        let in_force = self.in_force(Some(port), is_default);
        let told = clashes.into_iter().chain(doubts).filter_map(|clash| {
            let Clash { key, reason, message, meanwhile, in_force: _ } = clash;
            let one = *in_force.get(key)?;
            let message = match (one.origin, reason) {
                (Origin::Own | Origin::Translated, _) => message,
                // A default of the Namespace needn't make sense for every Service.
                (Origin::Namespace, Reason::DoubtfulAnnotation) => return None,
                (Origin::Namespace, _) => format!("{message} (it is an annotation of the Namespace)"),
            };
            Some(Rejected { reason, ..self.rejected(service, one, message, meanwhile) })
        });
        told.collect()
    }

    /// Annotations of the Service that need a default port where there is none.
    fn portless(self, service: &object::Service, served: &[(&object::Port, Effective)]) -> Vec<Rejected> {
        let needing = Setting::all().filter(|setting| setting.reach == Reach::DefaultPort && !served.is_empty());
        needing
            .filter_map(|setting| {
                let name = Name { key: setting.key, scope: Scope::Plain };
                let (origin, value) = self.said().find_map(|(origin, said)| Some((origin, said.good.get(&name)?)))?;
                let usable = served.iter().filter(|(_, effective)| effective.policy.protocol.is_http());
                let choices: Vec<String> =
                    usable.map(|(port, _)| format!("{PREFIX}{}.{}", setting.key, spoken(port))).collect();
                let message = if choices.is_empty() {
                    format!(
                        "no port of the Service speaks HTTP or gRPC without TLS; expected {PREFIX}protocol.<port> beside it if one \
                         does"
                    )
                } else {
                    let choices = choices.join(", ");
                    format!("no port of the Service is its default port; expected the port to be named: {choices}")
                };
                let one = InForce { value, origin, name: &name };
                Some(self.rejected(service, one, message, meanwhile::IGNORED.to_owned()))
            })
            .collect()
    }

    /// What is in force instead of each annotation that can't be used.
    fn meanwhile(self, ports: &[object::Port], defaults: Defaults) -> Vec<(Location, String)> {
        self.said()
            .flat_map(|(origin, Settings { good, bad })| bad.iter().map(move |name| (origin, good, name)))
            .filter_map(|(origin, good, name)| {
                let setting = Setting::find(name.key)?;
                let field = self.field(origin, name);
                if let Some(value) = good.get(name) {
                    return Some((field, meanwhile::last_good_value(&shown(value))));
                }
                let port = ports.iter().find(|port| name.scope.names(port));
                let is_default = port.is_none_or(|port| defaults.include(port.number));
                let words = match self.in_force(port, is_default).remove(name.key) {
                    None => meanwhile::default_stays(setting.default),
                    Some(InForce { value, origin: Origin::Own, name }) => {
                        format!("{} of {PREFIX}{name} is in force", shown(value))
                    }
                    Some(InForce { value, origin: Origin::Translated, name }) => {
                        let place =
                            self.place(Origin::Translated, name).map(AnnotationField::spoken).unwrap_or_default();
                        format!("{} of {place} is in force", shown(value))
                    }
                    Some(InForce { value, origin: Origin::Namespace, name: _ }) => {
                        format!("{} of the Namespace is in force", shown(value))
                    }
                };
                Some((field, words))
            })
            .collect()
    }
}

/// Whether what a port says itself counts more than this: the protocol that a Namespace says of all ports of all its Services
/// is for those ports that say nothing.
fn is_overruled(origin: Origin, name: &Name, port: Option<&object::Port>) -> bool {
    let says_itself = |port| port_protocol::of(port).1 != Said::Nothing;
    origin == Origin::Namespace && name.key == "protocol" && name.scope == Scope::Plain && port.is_some_and(says_itself)
}

/// What a port says of itself.
fn claim((port, effective): &(&object::Port, Effective)) -> Claim {
    let is_said = effective.annotated.contains("protocol") || port_protocol::of(port).1 != Said::Nothing;
    Claim { number: port.number, protocol: effective.policy.protocol, is_said }
}

fn named(port: &object::Port, effective: Effective, written: BTreeMap<&'static str, Written>) -> Port {
    let object::Port { name, number, app_protocol: _ } = port;
    let Effective { enabled: _, policy, annotated, has_service_hosts } = effective;
    Port { number: *number, name: Arc::clone(name), policy, has_service_hosts, annotated, written }
}

fn shown(value: &Value) -> String {
    Rejected::shorten(value.text())
}

/// What a user would call the port, as an annotation can.
pub(super) fn spoken(port: &object::Port) -> String {
    match Scope::of_port(&port.name) {
        Some(Scope::PortName(name)) => name.to_string(),
        Some(Scope::Plain | Scope::PortNumber(_)) | None => port.number.to_string(),
    }
}

fn ports<'a>(ports: impl Iterator<Item = &'a object::Port>) -> String {
    let mut list = String::new();
    for port in ports {
        let comma = if list.is_empty() { "" } else { ", " };
        let _ = match &*port.name {
            "" => write!(list, "{comma}{}", port.number),
            name => write!(list, "{comma}{name} ({})", port.number),
        };
    }
    if list.is_empty() { "none".to_owned() } else { list }
}
