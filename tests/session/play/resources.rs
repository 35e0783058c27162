//! The resources that a snapshot of the game may have.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use chancery::xds::{Name, Place, Resource, ResourceType};

/// Two of these don't fit into one response.
const LARGE_BYTES: usize = 5 << 19;

type Key = (ResourceType, &'static str, u8, Vec<&'static str>);

/// Made once: large ones take time.
static MADE: LazyLock<Mutex<BTreeMap<Key, Arc<Resource>>>> = LazyLock::new(Mutex::default);

/// The resource of this name that has this content, of four, and refers to these names. One of the four assignments and
/// secrets is large.
pub fn resource(of: ResourceType, name: &'static str, content: u8, mut references: Vec<&'static str>) -> Arc<Resource> {
    references.sort_unstable();
    references.dedup();
    let content = content % 4;
    let key = (of, name, content, references);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry(key).or_insert_with_key(|(_, _, _, references)| {
        let mut value = format!("{content}>{references:?}").into_bytes();
        if content == 3 && !matches!(of, ResourceType::Cluster | ResourceType::Listener) {
            value.resize(LARGE_BYTES, b'.');
        }
        let references = references.iter().copied().map(Name::from);
        Arc::new(Resource::from_value(name.into(), of.type_url().to_owned(), value, references))
    }))
}

/// Where the client is.
pub fn place() -> Place {
    Place { zone: "here".into(), node: "".into() }
}

/// One that looks to the client as `resource`, and to others as one of four other things.
pub fn located(resource: &Arc<Resource>, others: u8) -> Arc<Resource> {
    let (name, references) = (resource.name().clone(), resource.references().to_vec());
    let elsewhere = Resource::from_value(name, String::new(), vec![others % 4], references);
    let here = Resource::clone(resource);
    // Whatever the client can tell apart is another way.
    Arc::new(elsewhere.located(&here.version().to_string(), [place()], move |_| here.clone()))
}
