//! What real gRPC clients do with what they are sent, and what they don't: the matrix of `docs/grpc-clients.md`.
//!
//! The tests consult it: [`in_each_family!`] runs the test of a feature for each family that has it, and for each that lacks
//! it another one that finds so. So the page can't say what isn't so.

use crate::family::Family::{self, Go, Java, Node, Python};

/// Something that a client can do, or a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    RoundRobin,
    RingHash,
    LeastRequest,
    PickFirst,
    WeightsOnTheRing,
    WeightsInTurn,
    Zones,
    SecondAddresses,
    NewPods,
    UnlistedPods,
    TerminatingPods,
    IdleChannels,
    Retries,
    Timeouts,
    MaxRequests,
    Outliers,
    NameForms,
    CompleteNames,
    PortNames,
    AwaitedNames,
    UnknownNamesFail,
    UnknownNamesHarmNobody,
    ReturningNames,
    FailOnDeletion,
    Restarts,
    Replicas,
    SecondServer,
    Rejections,
    Everything,
    Servers,
    ServerAddresses,
    OneAddress,
    ServingModes,
}

/// Features of one kind.
#[derive(Debug)]
pub struct Group {
    /// What kind.
    pub title: &'static str,
    /// Each of them once.
    pub entries: &'static [Entry],
}

/// What the page says of a feature.
#[derive(Debug)]
pub struct Entry {
    /// Which one.
    pub feature: Feature,
    /// What it is about.
    pub title: &'static str,
    /// What happens.
    pub note: &'static str,
    /// Who doesn't have it, and what they do instead.
    pub lacks: &'static [(Family, &'static str)],
}

impl Feature {
    /// Whether the page says that this family doesn't have it.
    pub fn is_lacked_by(self, family: Family) -> bool {
        entries().any(|entry| entry.feature == self && entry.lack(family).is_some())
    }
}

impl Entry {
    /// What this family does instead, if it doesn't have the feature.
    pub fn lack(&self, family: Family) -> Option<&'static str> {
        self.lacks.iter().find(|(lacking, _)| *lacking == family).map(|(_, instead)| *instead)
    }
}

/// All of them.
pub fn entries() -> impl Iterator<Item = &'static Entry> {
    GROUPS.iter().flat_map(|group| group.entries)
}

/// Everything, in the order of the page.
pub static GROUPS: [Group; 6] = [BALANCING, CHANGES, CALLS, NAMES, CONTROL_PLANES, SERVERS];

const BALANCING: Group = Group {
    title: "Load balancing",
    entries: &[
        Entry {
            feature: Feature::RoundRobin,
            title: "Round robin",
            note: "every pod gets exactly the same number of calls",
            lacks: &[],
        },
        Entry {
            feature: Feature::RingHash,
            title: "`lb-policy: ring-hash`, `hash-on: header:…`",
            note: "calls with equal headers go to the same pod",
            lacks: &[],
        },
        Entry {
            feature: Feature::LeastRequest,
            title: "`lb-policy: least-request`",
            note: "a busy pod gets fewer calls",
            lacks: &[(Node, "round robin"), (Python, "round robin")],
        },
        Entry {
            feature: Feature::PickFirst,
            title: "`lb-policy: pick-first`",
            note: "one pod gets all calls",
            lacks: &[(Node, "round robin")],
        },
        Entry {
            feature: Feature::WeightsOnTheRing,
            title: "Weights of pods with `ring-hash`",
            note: "three times the weight, three times the share of the ring",
            lacks: &[],
        },
        Entry {
            feature: Feature::WeightsInTurn,
            title: "Weights of pods with round robin",
            note: "three times the weight, three times the calls",
            lacks: &[(Go, "equal shares"), (Java, "equal shares"), (Node, "equal shares"), (Python, "equal shares")],
        },
        Entry {
            feature: Feature::Zones,
            title: "`zone-routing: prefer-zone`",
            note: "calls stay in the client's zone while a pod is ready there, go elsewhere without a failure when none is, \
                   and come back; a client without a zone calls all pods",
            lacks: &[],
        },
        Entry {
            feature: Feature::SecondAddresses,
            title: "A pod with an address in each family",
            note: "is called at the second address when nobody listens at the first",
            lacks: &[(
                Java,
                "only the first one is tried, unless `GRPC_EXPERIMENTAL_XDS_DUALSTACK_ENDPOINTS` is `true`",
            )],
        },
    ],
};

const CHANGES: Group = Group {
    title: "Changes of pods",
    entries: &[
        Entry { feature: Feature::NewPods, title: "A new pod", note: "open channels use it at once", lacks: &[] },
        Entry {
            feature: Feature::UnlistedPods,
            title: "A pod that is no longer ready",
            note: "gets no new calls, and no call fails",
            lacks: &[],
        },
        Entry {
            feature: Feature::TerminatingPods,
            title: "A pod that is deleted",
            note: "gets no new calls, and none fails if it finishes its active calls",
            lacks: &[],
        },
        Entry {
            feature: Feature::IdleChannels,
            title: "A channel that went idle",
            note: "reconnects at the first call, to the current pods",
            lacks: &[],
        },
    ],
};

const CALLS: Group = Group {
    title: "Failures, retries, limits",
    entries: &[
        Entry {
            feature: Feature::Retries,
            title: "`retry-on: unavailable`",
            note: "the call is retried on another pod; `retry-on: none` disables that",
            lacks: &[],
        },
        Entry {
            feature: Feature::Timeouts,
            title: "`timeout`",
            note: "the call fails with DEADLINE_EXCEEDED, even if the caller would wait longer",
            lacks: &[(Python, "1 s to 2 s too early; at once below 1 s")],
        },
        Entry {
            feature: Feature::MaxRequests,
            title: "`max-requests`",
            note: "calls above the limit fail with UNAVAILABLE at once, and pods never see them",
            lacks: &[],
        },
        Entry {
            feature: Feature::Outliers,
            title: "`outlier-detection: on`",
            note: "a failing pod gets no calls for a while",
            lacks: &[],
        },
    ],
};

const NAMES: Group = Group {
    title: "Names",
    entries: &[
        Entry {
            feature: Feature::NameForms,
            title: "`cart.shop`, `cart.shop.svc`, `cart.shop.svc.cluster.local`, with or without `:50051`, in any case",
            note: "all name the same Service",
            lacks: &[],
        },
        Entry {
            feature: Feature::CompleteNames,
            title: "`cart.shop.svc.cluster.local.`, a name with a trailing dot",
            note: "names the same Service",
            lacks: &[(Java, "fails: Java accepts no trailing dot")],
        },
        Entry {
            feature: Feature::PortNames,
            title: "`cart.shop:grpc`, a port name",
            note: "names the same Service",
            lacks: &[(Node, "fails as an invalid URL")],
        },
        Entry {
            feature: Feature::AwaitedNames,
            title: "A Service that appears while calls wait for it",
            note: "receives them",
            lacks: &[],
        },
        Entry {
            feature: Feature::UnknownNamesFail,
            title: "A Service that doesn't exist",
            note: "calls fail with UNAVAILABLE, 15 s after the channel first asked",
            lacks: &[(Node, "each call waits until its deadline")],
        },
        Entry {
            feature: Feature::UnknownNamesHarmNobody,
            title: "Other Services, ports, cluster domains and authorities that don't exist",
            note: "affect no other channel of the program",
            lacks: &[],
        },
        Entry {
            feature: Feature::ReturningNames,
            title: "A Service that is deleted and comes back",
            note: "calls continue to its last pods meanwhile, and none fails",
            lacks: &[],
        },
        Entry {
            feature: Feature::FailOnDeletion,
            title: "The same after `chancery bootstrap grpc --fail-on-deletion`",
            note: "calls fail until it comes back",
            lacks: &[(Node, "they also fail after that, unless it has changed")],
        },
    ],
};

const CONTROL_PLANES: Group = Group {
    title: "Chancery",
    entries: &[
        Entry {
            feature: Feature::Restarts,
            title: "Chancery is away",
            note: "calls continue; changes arrive when it is back",
            lacks: &[],
        },
        Entry {
            feature: Feature::Replicas,
            title: "Another replica takes over, at the same address",
            note: "no call fails, and the next change arrives, whether the first replica stopped or crashed",
            lacks: &[],
        },
        Entry {
            feature: Feature::SecondServer,
            title: "A second server in the bootstrap",
            note: "is used by a client that starts while the first one is away",
            lacks: &[(Node, "only the first one is read")],
        },
        Entry {
            feature: Feature::Rejections,
            title: "A resource that the client rejects",
            note: "the previous one stays in force, and Chancery reports it",
            lacks: &[],
        },
        Entry {
            feature: Feature::Everything,
            title: "Everything that Chancery renders for the Services in its own tests (`tests/golden`)",
            note: "is accepted",
            lacks: &[],
        },
    ],
};

const SERVERS: Group = Group {
    title: "gRPC servers",
    entries: &[
        Entry {
            feature: Feature::Servers,
            title: "A server waits for Chancery, then serves",
            note: "and keeps serving while Chancery is away",
            lacks: &[],
        },
        Entry {
            feature: Feature::ServerAddresses,
            title: "A server on `0.0.0.0` and `[::]`",
            note: "serves",
            lacks: &[],
        },
        Entry {
            feature: Feature::OneAddress,
            title: "A server on one address, such as `127.0.0.1`",
            note: "listens on no other address",
            lacks: &[(Node, "it listens on all addresses")],
        },
        Entry {
            feature: Feature::ServingModes,
            title: "A notification when the server starts to serve",
            note: "is a callback",
            lacks: &[(Python, "grpcio has no callback")],
        },
    ],
};

/// What the tests test, by module.
const TESTED: [&[(Feature, bool)]; 13] = [
    crate::balancing::TESTED,
    crate::changes::TESTED,
    crate::families::TESTED,
    crate::forms::TESTED,
    crate::limits::TESTED,
    crate::names::TESTED,
    crate::rejections::TESTED,
    crate::retries::TESTED,
    crate::served::TESTED,
    crate::servers::TESTED,
    crate::spread::TESTED,
    crate::worlds::TESTED,
    crate::zones::TESTED,
];

#[test]
fn each_is_on_the_page_once_and_tested_and_so_is_each_lack() {
    let mut on_the_page: Vec<Feature> = entries().map(|entry| entry.feature).collect();
    let mut tested: Vec<Feature> =
        TESTED.iter().flat_map(|module| module.iter()).map(|(feature, _)| *feature).collect();
    on_the_page.sort_unstable();
    tested.sort_unstable();
    tested.dedup();
    assert_eq!(on_the_page, tested);
    for (feature, finds_lacking) in TESTED.into_iter().flatten() {
        let lacks = Family::ALL.into_iter().any(|family| feature.is_lacked_by(family));
        assert_eq!(*finds_lacking, lacks, "{feature:?}: a test that finds it lacking, and somebody who lacks it");
    }
}
