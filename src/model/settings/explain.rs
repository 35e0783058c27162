//! Explains the origin of each setting.

use std::collections::BTreeMap;

use super::PREFIX;
use super::name::Name;
use super::port_protocol::{self, Said};
use super::resolve::{InForce, Layers, Origin};
use super::settle::{Clash, settle};
use super::table::Setting;
use crate::model::compat::AnnotationField;
use crate::model::explanation::{RejectedSetting, SettingExplanation, SettingOrigin, UnservedReason};
use crate::model::{Key, Kind, ObjectRef, Rejected, ZoneRouting, object};

/// The value of every setting that is in force for a port (`true`: the default port) of a Service, and whose it is.
/// `rejected` is what is rejected of the Service and its Namespace.
pub fn explain(
    service: &object::Service,
    namespace: Option<&object::Namespace>,
    (port, is_default): (&object::Port, bool),
    rejected: &[Rejected],
) -> Vec<SettingExplanation> {
    let layers = Layers::of(service, namespace);
    let mut in_force = layers.in_force(Some(port), is_default);
    let bad = strongest_bad(layers, port, is_default);
    let clashes = settle(&mut layers.effective(service, port, is_default));
    let explain = |setting: &Setting| {
        let in_force = in_force.remove(setting.key);
        let bad = bad.get(setting.key).filter(|bad| in_force.as_ref().is_none_or(|good| is_stronger(bad, good)));
        let rejected = bad.map(|(origin, name)| rejected_setting(layers, *origin, name, service, rejected));
        let annotation = in_force.as_ref().map(|in_force| annotation(layers, in_force.origin, in_force.name));
        let annotated = in_force.map(|in_force| (in_force.value.text().to_owned(), whose(in_force.origin)));
        let (value, origin) = annotated
            .or_else(|| of_spec(setting, service, port))
            .unwrap_or_else(|| (setting.default.to_owned(), SettingOrigin::Default));
        let is_same = |one: &RejectedSetting| one.origin == origin && Some(&one.annotation) == annotation.as_ref();
        let last_good = rejected.as_ref().is_some_and(is_same);
        SettingExplanation { key: setting.key.into(), value, origin, annotation, last_good, rejected }
    };
    Setting::all().map(explain).map(|one| settled(one, &clashes)).collect()
}

/// The same, if it had to give way to another setting.
fn settled(explanation: SettingExplanation, clashes: &[Clash]) -> SettingExplanation {
    let in_force = clashes.iter().find(|clash| clash.key == explanation.key).and_then(|clash| clash.in_force.clone());
    let (Some(in_force), Some(annotation)) = (in_force, explanation.annotation.clone()) else { return explanation };
    let SettingExplanation { key, value, origin, annotation: _, last_good: _, rejected: _ } = explanation;
    let rejected = Some(RejectedSetting { origin, annotation, value });
    let origin = SettingOrigin::Default;
    SettingExplanation { key, value: in_force, origin, annotation: None, last_good: false, rejected }
}

/// The `appProtocol` of a port, if it has one that isn't understood.
pub fn unknown_app_protocol(port: &object::Port) -> Option<&str> {
    port_protocol::unknown_app_protocol(port)
}

/// Why a port isn't served whose settings are these, if nothing else is the reason.
pub fn unserved(settings: &[SettingExplanation]) -> UnservedReason {
    let enabled = settings.iter().find(|setting| setting.key == "enabled");
    match enabled.map(|enabled| enabled.origin) {
        None | Some(SettingOrigin::Default) => UnservedReason::NotEnabled,
        Some(_) => UnservedReason::Disabled,
    }
}

/// By key the strongest annotation for the port whose value can't be used.
fn strongest_bad<'a>(
    layers: Layers<'a>,
    port: &object::Port,
    is_default: bool,
) -> BTreeMap<&'static str, (Origin, &'a Name)> {
    let layers = layers.weakest_first().into_iter();
    let bad =
        layers.flat_map(|(settings, origin)| settings.into_iter().flat_map(|all| &all.bad).map(move |n| (origin, n)));
    bad.filter(|(_, name)| name.reaches(Some(port), is_default))
        .map(|(origin, name)| (name.key, (origin, name)))
        .collect()
}

/// Whether a bad annotation would be in force instead of a good one, or is the same.
fn is_stronger((origin, name): &(Origin, &Name), good: &InForce<'_>) -> bool {
    (*origin, &name.scope) >= (good.origin, &good.name.scope)
}

/// What its author wrote it as: an annotation of ours, or of another product.
fn annotation(layers: Layers<'_>, origin: Origin, name: &Name) -> String {
    layers.place(origin, name).map_or_else(|| format!("{PREFIX}{name}"), AnnotationField::spoken)
}

fn rejected_setting(
    layers: Layers<'_>,
    origin: Origin,
    name: &Name,
    service: &object::Service,
    rejected: &[Rejected],
) -> RejectedSetting {
    let object = match origin {
        Origin::Own | Origin::Translated => ObjectRef::service(&service.key),
        Origin::Namespace => ObjectRef::Object(Kind::Namespace, Key::new("", service.key.namespace.clone())),
    };
    let field = layers.field(origin, name);
    // Of a list each bad part is rejected by itself.
    let values = rejected.iter().filter(|one| one.object == object && one.field == field).map(|one| one.value.as_str());
    let value = values.collect::<Vec<_>>().join(",");
    RejectedSetting { origin: whose(origin), annotation: annotation(layers, origin, name), value }
}

const fn whose(origin: Origin) -> SettingOrigin {
    match origin {
        Origin::Own | Origin::Translated => SettingOrigin::Service,
        Origin::Namespace => SettingOrigin::Namespace,
    }
}

/// What the Service itself says where no annotation does.
fn of_spec(setting: &Setting, service: &object::Service, port: &object::Port) -> Option<(String, SettingOrigin)> {
    // Exhaustive, so that a field that a setting falls back to isn't forgotten here.
    let object::Service {
        key: _,
        created: _,
        settings: _,
        translated: _,
        ports: _,
        external_name: _,
        publish_not_ready: _,
        zone_routing,
        traffic: _,
    } = service;
    match setting.key {
        "zone-routing" if *zone_routing != ZoneRouting::Off => {
            Some((zone_routing.as_str().to_owned(), SettingOrigin::TrafficDistribution))
        }
        "protocol" => Some(protocol(port)),
        _ => None,
    }
}

fn protocol(port: &object::Port) -> (String, SettingOrigin) {
    let (protocol, said) = port_protocol::of(port);
    let origin = match said {
        Said::AppProtocol => SettingOrigin::AppProtocol,
        Said::PortName => SettingOrigin::PortName,
        Said::PortNumber => SettingOrigin::PortNumber,
        Said::Nothing => SettingOrigin::Default,
    };
    (protocol.as_str().to_owned(), origin)
}
