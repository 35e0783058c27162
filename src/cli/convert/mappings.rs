//! Assigns Mappings to Services.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Problem;
use crate::model::compat::{self, Destination, Mapping, MappingRef, TranslatedSetting, Translation};
use crate::model::{FieldPath, Key, Kind, Location, ObjectRef, Reason, Rejected, Remark};
use crate::source::manifests::{Convertible, Declared};

/// The kind of the objects besides Services in whose annotation a Mapping may stand.
const INGRESS: &str = "Ingress";

/// A Mapping, and the Service in whose annotation it stands, if it does.
pub(super) struct Carried {
    carrier: Option<Key>,
    mapping: Declared<Mapping>,
}

/// A host and a prefix that the Mappings of one Service take.
pub(super) type Claim = (String, String);

/// Who takes them: a port of a Service.
pub(super) type Holder = (Key, String);

/// Every Mapping there is, in annotations and as an object of its own.
pub(super) fn every(found: &Convertible, problems: &mut Vec<Problem>) -> Vec<Carried> {
    let mut all = Vec::new();
    for (key, Declared { file, line, it }) in &found.services {
        let (mappings, rejected) = compat::embedded(key, &it.annotations);
        problems.extend(rejected.into_iter().map(|rejected| problem(file, *line, rejected)));
        let carried =
            |it| Carried { carrier: Some(key.clone()), mapping: Declared { file: file.clone(), line: *line, it } };
        all.extend(mappings.into_iter().map(carried));
    }
    for Declared { file, line, it: (key, annotations) } in &found.ingresses {
        let (mappings, rejected) = compat::embedded(key, annotations);
        problems.extend(rejected.into_iter().map(|rejected| {
            let field = Location::Elsewhere(INGRESS, key.clone(), Box::new(rejected.field));
            of_file(file, *line, Rejected { field, ..rejected })
        }));
        let carried = |it: Mapping| Carried {
            carrier: None,
            mapping: Declared { file: file.clone(), line: *line, it: it.of(INGRESS, key.clone()) },
        };
        all.extend(mappings.into_iter().map(carried));
    }
    let mut first: BTreeMap<&MappingRef, &Declared<Mapping>> = BTreeMap::new();
    for mapping in &found.mappings {
        match first.get(mapping.it.id()) {
            None => {
                first.insert(mapping.it.id(), mapping);
                all.push(Carried { carrier: None, mapping: mapping.clone() });
            }
            // One manifest in two places is one object, too.
            Some(first) if first.it == mapping.it => {}
            Some(Declared { file, line, it: _ }) => {
                let message = format!("one of this name is at {file}:{line}, and that one counts");
                let object = ObjectRef::File(Arc::clone(&mapping.file));
                let rejected = Rejected { reason: Reason::Duplicate, message, ..mapping.it.left_out(object) };
                problems.push(of_file(&mapping.file, mapping.line, rejected));
            }
        }
    }
    all
}

/// The Mappings of each Service, those in its own annotation first. Says which are about no Service.
pub(super) fn by_service(
    mappings: Vec<Carried>,
    found: &Convertible,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Key, Vec<Declared<Mapping>>> {
    let is_there = |key: &Key| found.services.contains_key(key) || found.namespaces.contains(&*key.namespace);
    let mut own: BTreeMap<Key, Vec<Declared<Mapping>>> = BTreeMap::new();
    let mut others = own.clone();
    for Carried { carrier, mapping: Declared { file, line, it } } in mappings {
        match (it.destination(), carrier) {
            (Destination::Service(key) | Destination::Either(key), Some(carrier)) if key == carrier => {
                own.entry(key).or_default().push(Declared { file, line, it });
            }
            (destination, carrier) => {
                let key = match destination {
                    Destination::Service(key) => Some(key),
                    Destination::Either(key) => Some(key).filter(is_there),
                    Destination::Elsewhere(_) | Destination::Nowhere(_) => None,
                };
                let Some(key) = key else {
                    problems.push(match carrier {
                        Some(carrier) => problem(&file, line, it.left_out(ObjectRef::service(&carrier))),
                        None => of_file(&file, line, it.left_out(ObjectRef::File(Arc::clone(&file)))),
                    });
                    continue;
                };
                let it = match carrier {
                    Some(carrier) => it.of(Kind::Service.as_str(), carrier),
                    None => it,
                };
                others.entry(key).or_default().push(Declared { file, line, it });
            }
        }
    }
    for (key, mappings) in others {
        own.entry(key).or_default().extend(mappings);
    }
    own
}

/// Says of what the Mappings of a Service take that an earlier Service takes it, too, or another port of this one: Emissary
/// gives some requests to each.
pub(super) fn split_elsewhere(
    key: &Key,
    translation: &Translation,
    taken: &mut BTreeMap<Claim, Holder>,
) -> Vec<Rejected> {
    let items = |name: &str| translation.settings.iter().find(|setting| setting.name == name).map(|found| &found.items);
    let mut rejected = Vec::new();
    let port_of = |setting: &TranslatedSetting| Some(setting.name.strip_prefix("routes.")?.to_owned());
    let mut routes: Vec<_> = translation.settings.iter().filter_map(|it| Some((port_of(it)?, it))).collect();
    // Among ports, the lower one has a domain.
    routes.sort_by_key(|(port, _)| port.parse::<u16>().unwrap_or(u16::MAX));
    for (port, setting) in routes {
        for host in items(&format!("hosts.{port}")).into_iter().flat_map(BTreeMap::keys) {
            for (prefix, place) in &setting.items {
                let claim = (host.clone(), prefix.clone());
                let (first, first_port) = taken.entry(claim).or_insert_with(|| (key.clone(), port.clone()));
                let (who, winner) = if first != key {
                    (format!("Service {first}"), "the older Service has all of them")
                } else if *first_port != port {
                    let winner =
                        "the lower port has all of them, but for those of gRPC if only one of the two speaks it";
                    (format!("port {first_port}"), winner)
                } else {
                    continue;
                };
                rejected.push(Rejected {
                    object: ObjectRef::service(key),
                    field: place.field.clone(),
                    value: Rejected::shorten(prefix),
                    reason: Reason::Duplicate,
                    message: format!(
                        "{who} takes it on host {host}, too; Emissary splits the requests, and here {winner}"
                    ),
                    meanwhile: "the annotations are printed for both".to_owned(),
                });
            }
        }
    }
    rejected
}

/// Says that nobody knows the Service of a Mapping.
pub(super) fn is_unknown(key: &Key, mapping: &Mapping) -> Rejected {
    Rejected {
        reason: Reason::DoubtfulAnnotation,
        message: "this Service isn't among what was read, so its ports and annotations aren't known".to_owned(),
        meanwhile: "the annotations are printed anyway".to_owned(),
        ..mapping.left_out(ObjectRef::service(key))
    }
}

pub(super) fn is_left_out(tcp_mapping: &Declared<Key>) -> Problem {
    let Declared { file, line, it } = tcp_mapping;
    let rejected = Rejected {
        object: ObjectRef::File(Arc::clone(file)),
        field: Location::Elsewhere("TCPMapping", it.clone(), Box::new(FieldPath::default().into())),
        value: String::new(),
        reason: Reason::Unsupported,
        message: "connections that aren't HTTP aren't routed here".to_owned(),
        meanwhile: "it is left out".to_owned(),
    };
    of_file(file, *line, rejected)
}

/// What is said of an object of a kind that only `convert` knows: then the message names the field.
fn of_file(file: &Arc<str>, line: u32, rejected: Rejected) -> Problem {
    let Rejected { object: _, field, value, reason, message, meanwhile } = rejected;
    let message = format!("{field}: {}", Remark { value: &value, message: &message, meanwhile: "" });
    problem(file, line, Rejected::in_file(file, Some(line), reason, message, meanwhile))
}

fn problem(file: &Arc<str>, line: u32, rejected: Rejected) -> Problem {
    Problem { file: Some(Arc::clone(file)), line: Some(line), rejected }
}
