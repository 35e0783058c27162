//! Every golden world, told to one client after the other: it takes all of it, as it is.
//!
//! Pods of these worlds have addresses that could be somebody's, and clients connect to the pods that they are told of. So each
//! of these tests is in a network that has no way out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chancery::model::Catalog;
use chancery::model::compat::Compat;
use chancery::pipeline::{RenderOptions, Renderer};
use chancery::source::manifests;
use chancery::source::objects::Conversion;
use chancery::xds::{Place, ResourceType, resource_to_json};
use data_plane_api::admin_dump::ClientResourceStatus;
use data_plane_api::client_status::GenericXdsConfig;
use data_plane_api::json;
use rig::serve::Serve;
use rig::{PATIENCE, golden};
use serde_json::Value;

use crate::client::Client;
use crate::family::Family;
use crate::features::Feature;
use crate::program::{Dial, PAUSE, resources};
use crate::scene::{DIALLED, isolated};

/// What is tested here, for the page on features.
pub const TESTED: &[(Feature, bool)] = &[(Feature::Everything, false)];

mod are_taken {
    use super::{Family, are_taken, isolated};

    #[test]
    fn go() {
        isolated("worlds::are_taken::go", are_taken(Family::Go));
    }

    #[test]
    fn java() {
        isolated("worlds::are_taken::java", are_taken(Family::Java));
    }

    #[test]
    fn node() {
        isolated("worlds::are_taken::node", are_taken(Family::Node));
    }

    #[test]
    fn python() {
        isolated("worlds::are_taken::python", are_taken(Family::Python));
    }
}

/// A name that there is in no world. It is dialled in all of them: with nothing to ask for, grpc-js would end its stream, and if
/// it is to ask again at once it loses what it asks.
const NOWHERE: &str = "cart.nowhere:50051";

/// Resources as JSON, by type and name. Null is one that there isn't.
type Contents = BTreeMap<(String, String), Value>;

async fn are_taken(family: Family) {
    let manifests = tempfile::tempdir().unwrap();
    let arguments = ["--manifests", manifests.path().to_str().unwrap(), "--compat", "all"];
    let server = Serve::start(env!("CARGO_BIN_EXE_chancery"), &arguments);
    server.ready().await;
    let dial =
        Dial { name: DIALLED, servers: vec![server.xds], zone: None, idle_after: None, fails_on_deletion: false };
    let mut client = Client::start(family, dial).await;
    let mut worlds = Worlds::new();
    let mut taken = 0;
    for (number, (case, _)) in golden::worlds().into_iter().enumerate() {
        let input = Path::new(&case).join("in.yaml");
        let mut expected = worlds.next(&input);
        taken += expected.len();
        expected.insert(key(ResourceType::Listener.type_url(), NOWHERE), Value::Null);
        let listeners = expected.keys().filter(|(message, _)| message.ends_with(".Listener"));
        let targets: Vec<String> = listeners.map(|(_, name)| format!("xds:///{name}")).collect();
        // Before the world is there: what is dialled no more isn't seen to vanish, and what is new is waited for.
        assert_eq!(client.dial(targets.iter().map(String::as_str)).await, BTreeMap::new(), "{case}");
        publish(&input, manifests.path());
        until_taken(&client, &expected, &case).await;
        if number == 0 {
            // grpc-js loads what it hashes with when it has its first configuration, and dies of a channel that is closed meanwhile.
            // No pod is in this world, so that is what the channel is in when it is through.
            client.until_on(targets.last().unwrap(), "TRANSIENT_FAILURE").await;
        }
    }
    // Without these nothing was tested.
    assert!(taken > 400, "{taken} resources in all");
    nobody_complains(&server).await;
}

/// What gRPC clients are to have, world by world, as seen by whoever saw the worlds before: where a setting is bad, its last good
/// value counts.
struct Worlds {
    catalog: Catalog,
    renderer: Renderer,
}

impl Worlds {
    fn new() -> Self {
        Self { catalog: Catalog::default(), renderer: Renderer::new(RenderOptions::default()) }
    }

    /// What is in the world of this file instead of the one before.
    fn next(&mut self, input: &Path) -> Contents {
        let conversion = Conversion { compat: Compat::ALL, ..Conversion::default() };
        let loaded = manifests::load(&[PathBuf::from(input)], conversion).unwrap();
        loaded.events.into_iter().for_each(|event| self.catalog.apply(event));
        self.renderer.apply(self.catalog.take_changes());
        let all = self.renderer.all_dialled();
        let of_type = |resource_type: ResourceType| {
            let resources = all.get(resource_type).iter();
            resources.map(move |resource| {
                let json = resource_to_json(&resource.at(&Place::default())).unwrap();
                (key(resource_type.type_url(), resource.name()), json)
            })
        };
        ResourceType::ALL.into_iter().flat_map(of_type).collect()
    }
}

/// Makes this the only world that there is. At once: it is always the same file, and a rename shows nobody half of it.
fn publish(input: &Path, manifests: &Path) {
    let draft = manifests.join("world.new");
    fs::copy(input, &draft).unwrap();
    fs::rename(draft, manifests.join("world.yaml")).unwrap();
}

/// Returns when this client says that it has taken these resources, with this content, and watches no others. Fails the test
/// when it rejects one.
async fn until_taken(client: &Client, served: &Contents, case: &str) {
    let mut missing = String::new();
    let taken = async {
        loop {
            let watched = client.resources().await;
            for one in &watched {
                assert_ne!(
                    one.client_status(),
                    ClientResourceStatus::Nacked,
                    "{case}: {one:?}; log:\n{}",
                    client.log()
                );
            }
            let taken: Contents = watched.iter().map(content).collect();
            if taken == *served {
                return;
            }
            missing = difference(&taken, served);
            tokio::time::sleep(PAUSE).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, taken).await.is_ok();
    assert!(in_time, "{case}: not taken in {PATIENCE:?}:\n{missing}\nlog:\n{}", client.log());
}

/// Without what is before the slash in type URLs: grpc-js leaves it out.
fn key(type_url: &str, name: &str) -> (String, String) {
    (type_url.rsplit('/').next().unwrap_or_default().to_owned(), name.to_owned())
}

/// What a client says that it has of a resource; null if it has nothing.
fn content(resource: &GenericXdsConfig) -> ((String, String), Value) {
    let content = resource.xds_config.as_ref().filter(|_| resource.client_status() == ClientResourceStatus::Acked);
    let json = content.map(|any| json::to_json(&any.type_url, &any.value).unwrap());
    (key(&resource.type_url, &resource.name), json.unwrap_or_default())
}

fn difference(taken: &Contents, served: &Contents) -> String {
    let keys: BTreeSet<_> = taken.keys().chain(served.keys()).collect();
    let differing = keys.into_iter().filter(|key| taken.get(key) != served.get(key));
    let line = |key| format!("{key:?}: has {:?}, should have {:?}", taken.get(key), served.get(key));
    differing.map(line).collect::<Vec<_>>().join("\n")
}

/// Fails the test if any client ever rejected anything, by the word of the control plane: its metrics, and its CSDS.
async fn nobody_complains(server: &Serve) {
    let (_, metrics) = server.get("/metrics").await.unwrap();
    let (accepted, rejected) = (sum(&metrics, "chancery_xds_acks_total{"), sum(&metrics, "chancery_xds_nacks_total{"));
    assert!(accepted > 0 && rejected == 0, "{accepted} accepted, {rejected} rejected");
    let resources = resources(server.xds).await.unwrap();
    assert!(!resources.is_empty(), "nobody is connected");
    let complaints: Vec<_> =
        resources.iter().filter_map(|resource| Some(&*resource.error_state.as_ref()?.details)).collect();
    assert_eq!(complaints, [""; 0]);
}

/// The sum of all samples of a counter.
fn sum(metrics: &str, counter: &str) -> u64 {
    let samples = metrics.lines().filter(|line| line.starts_with(counter));
    samples.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
