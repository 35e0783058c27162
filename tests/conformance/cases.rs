//! All cases, by id. The ids and areas are those of our notes on the protocol, and stay when a test moves or is renamed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::area::Area::{
    self, Delta, Grpc, Identity, Nack, Order, Reconnect, Services, Sotw, Transport, Ttl, Wildcard,
};

/// Every case: its id, its area, and what must happen.
pub const CASES: [(&str, Area, &str); 78] = [
    ("B01", Identity, "The first request of a type is answered, by a replica that says who it is"),
    ("B02", Identity, "A nonce belongs to a response, a version to content"),
    ("B03", Identity, "The node of the first request holds for the stream"),
    ("B04", Identity, "A client without node or id is refused by name of the field"),
    ("B05", Identity, "Streams of one node are independent of each other"),
    ("B06", Identity, "A request without a type, or with one of another service, is refused"),
    ("B07", Identity, "A type that isn't served disturbs no other"),
    ("B08", Identity, "A type that was not asked for is never pushed"),
    ("B09", Identity, "Types on one stream are independent of each other"),
    ("B10", Identity, "A name comes once in a response"),
    ("S01", Sotw, "An ACK is not answered, nor is a change of what others asked for"),
    ("S02", Sotw, "Names that are added are answered at once"),
    ("S03", Sotw, "A name that was dropped is sent again when it returns"),
    ("S04", Sotw, "Clusters and listeners come whole, and absence deletes"),
    ("S05", Sotw, "Assignments and routes come as they change, and absence means nothing"),
    ("S06", Sotw, "The names that exist don't wait for those that don't"),
    ("S07", Sotw, "A cluster without endpoints has an empty assignment"),
    ("S08", Sotw, "A stale nonce answers nothing, but its names count"),
    ("S09", Sotw, "One response of a type is unanswered, and the latest state follows it"),
    ("S10", Sotw, "An old version or a foreign nonce is no state"),
    ("S11", Sotw, "A type that is no longer watched is not answered"),
    ("W01", Wildcard, "No names at first mean everything for clusters and listeners"),
    ("W02", Wildcard, "No names at first mean nothing for the other types"),
    ("W03", Wildcard, "No names after names mean nothing"),
    ("W04", Wildcard, "The explicit wildcard comes and goes"),
    ("W05", Wildcard, "In delta a legacy wildcard lasts until it is unsubscribed"),
    ("W06", Wildcard, "A name that is unsubscribed beside a wildcard is answered"),
    ("W07", Wildcard, "Everything and nothing in one request is nothing"),
    ("W08", Wildcard, "A wildcard over nothing is answered once"),
    ("W09", Wildcard, "The versions of a client that reconnects are known but not subscribed"),
    ("W10", Wildcard, "An empty response comes only when there is nothing"),
    ("N01", Nack, "A NACK is the presence of an error and nothing else"),
    ("N02", Nack, "What was refused is not sent again, but what follows is"),
    ("N03", Nack, "A NACK may change the subscription"),
    ("N04", Nack, "An error that is repeated counts once"),
    ("N05", Nack, "An error that blames the wrong response blocks no content for ever"),
    ("N06", Nack, "One bad resource holds up no other"),
    ("N07", Nack, "A NACK is logged once, counted, and shown"),
    ("D01", Delta, "A name that is subscribed again is sent again"),
    ("D02", Delta, "A missing name is said to be missing, and sent when it appears"),
    ("D03", Delta, "A request without a nonce in the middle of a stream begins nothing anew"),
    ("D04", Delta, "A stale nonce answers nothing, but its changes count"),
    ("D05", Delta, "An ACK may change the subscription"),
    ("D06", Delta, "An update carries what changed, and versions change with content"),
    ("D07", Delta, "A deletion is said once"),
    ("D08", Delta, "What was refused is sent again only if it changes or is asked for"),
    ("D09", Delta, "The last endpoint's end is an empty assignment, not a removed one"),
    ("D10", Delta, "A secret is not removed under a client that uses it"),
    ("D11", Delta, "A large response is split, each part with a nonce of its own"),
    ("D12", Delta, "Aliases are matched, and one that resolves to nothing is said so"),
    ("D13", Delta, "Names beside a wildcard are answered at once, known or not"),
    ("D14", Delta, "Locators and dynamic parameters are ignored and never sent"),
    ("R01", Reconnect, "A new stream is answered whatever version it names"),
    ("R02", Reconnect, "A delta client that names its versions is sent what differs"),
    ("R03", Reconnect, "The same content has the same version on every replica"),
    ("R04", Reconnect, "Assignments follow the clusters that a new stream was sent, even if they are held"),
    ("R05", Reconnect, "Who can't be served yet is refused, not kept in silence"),
    ("R06", Reconnect, "A stream isn't ended before its first response"),
    ("A01", Order, "A change that spans types goes out in order"),
    ("A02", Order, "A route moves only once its new cluster is there, and the old one goes last"),
    ("A03", Order, "Assignments follow their clusters, and routes their listeners"),
    ("A04", Order, "What waits for a client's answer waits for five seconds at most"),
    ("A05", Order, "Nothing waits across streams for ever"),
    ("A06", Order, "A burst is the first change at once and then the latest"),
    ("T01", Ttl, "No client gets a TTL"),
    ("T02", Ttl, "Nothing is wrapped in the state of the world"),
    ("T03", Ttl, "There are no heartbeats and no resources without content"),
    ("G01", Grpc, "What is not there is no error"),
    ("G02", Grpc, "What a gRPC client asked for is in every response until it is gone"),
    ("G03", Grpc, "A gRPC client gets nothing that it didn't ask for"),
    ("G04", Grpc, "Names with xdstp:// are compared by their canonical form"),
    ("G05", Grpc, "A name may have any sign in it"),
    ("X01", Transport, "A client that doesn't read holds up nobody, and not for ever"),
    ("X02", Transport, "A response above four mebibytes is noticed"),
    ("X03", Transport, "A request may be larger than four mebibytes"),
    ("O01", Services, "Load reports are taken, and their totals can be read"),
    ("O02", Services, "The status of every client can be read"),
    ("O03", Services, "Secrets are sent by name only, to whom they are for"),
];

/// What no test covers yet of cases that have one: the table isn't full while there is such a part.
const MISSING_PARTS: [(&str, &str); 3] = [
    ("B06", "the services of a single type"),
    ("B07", "names of a type that isn't served, in delta"),
    ("X01", "the send deadline"),
];

#[test]
fn every_case_has_a_test() {
    let tested = tested();
    let missing = CASES.iter().filter(|(id, ..)| !tested.contains_key(*id));
    let lines: Vec<String> = missing
        .map(|(id, _, title)| format!("{id} {title}"))
        .chain(MISSING_PARTS.iter().map(|(id, part)| format!("{id} in part: {part}")))
        .collect();
    assert!(lines.is_empty(), "{} cases have no test, or not all of it:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn every_case_is_listed_once_in_its_area() {
    let ids: BTreeSet<_> = CASES.iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), CASES.len());
    for (id, area, _) in CASES {
        assert!(id.starts_with(area.letter()), "{id} is listed below {area:?}");
    }
}

#[test]
fn every_test_has_a_case_and_is_in_the_module_of_its_area() {
    for (id, modules) in tested() {
        let (_, area, _) = CASES.iter().find(|(known, ..)| *known == id).unwrap_or_else(|| panic!("{id} isn't a case"));
        assert_eq!(modules, BTreeSet::from([area.module().to_owned()]), "{id}");
    }
}

#[test]
fn a_test_without_an_id_would_be_seen() {
    let code = "#[tokio::test]\nasync fn b01_it_works() {}\n\nfn s01_story() {}\n\n#[test]\n#[other]\nfn d02_x() {}\n";
    assert_eq!(tests_in(code), ["b01_it_works", "d02_x"]);
    assert_eq!(id_of("b01_it_works").as_deref(), Some("B01"));
    for name in ["it_works", "b1_it_works", "bb1_x", "b012_x"] {
        assert_eq!(id_of(name), None);
    }
}

/// The ids that the tests of the areas' modules begin with, and the modules that have them.
fn tested() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    for area in Area::ALL {
        let code = fs::read_to_string(crate_root.join(area.module()).with_extension("rs")).unwrap();
        for name in tests_in(&code) {
            let id = id_of(&name).unwrap_or_else(|| panic!("{}: {name} has no id", area.module()));
            found.entry(id).or_default().insert(area.module().to_owned());
        }
    }
    found
}

/// The names of the functions that are tests.
fn tests_in(code: &str) -> Vec<String> {
    let mut lines = code.lines();
    let mut names = Vec::new();
    while lines.any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test")) {
        let signature = lines.find_map(|line| line.split_once("fn ")).unwrap().1;
        names.push(signature.split('(').next().unwrap().to_owned());
    }
    names
}

/// The id that a test's name begins with: `B01` of `b01_…`.
fn id_of(test: &str) -> Option<String> {
    let (id, _) = test.split_once('_')?;
    let (letter, number) = id.split_at_checked(1)?;
    let is_id = letter.chars().all(|c| c.is_ascii_lowercase())
        && number.len() == 2
        && number.chars().all(|c| c.is_ascii_digit());
    is_id.then(|| id.to_ascii_uppercase())
}
