//! Load balancing settings.

use std::sync::Arc;
use std::time::Duration;

/// Which pod a request goes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Balancing {
    /// How it is chosen; default round robin.
    pub policy: LbPolicy,
    /// Of how many pods least request takes the least busy, 2 or more; default 2.
    pub choice_count: u32,
    /// How much least request minds how busy pods are of unequal weight, 0 or more; default 1.
    pub active_request_bias: f64,
    /// What the hash policies hash, in order; default nothing.
    pub hash_on: Vec<HashOn>,
    /// The least and the greatest number of points on the ring.
    pub ring_size: (u32, u32),
    /// The number of places in Maglev's table, a prime.
    pub maglev_table_size: u32,
    /// Whether requests stay near; default off.
    pub zone_routing: ZoneRouting,
    /// Whether clients that say on which node they are use the pods on that node and no others; default no.
    pub own_node_only: bool,
    /// How a new pod warms up; default not at all.
    pub slow_start: SlowStart,
    /// Below which share of pods that are well, in percent, all are used; default 0, never.
    pub panic_threshold: f64,
}

/// How a pod is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LbPolicy {
    /// Each pod in turn.
    #[default]
    RoundRobin,
    /// The least busy of a few picked at random.
    LeastRequest,
    /// Any.
    Random,
    /// By a hash of the request, on a ring.
    RingHash,
    /// By a hash of the request, in a table.
    Maglev,
    /// In turn, by what the pods say of their load (ORCA).
    WeightedRoundRobin,
    /// The first that answers, for all requests.
    PickFirst,
}

impl LbPolicy {
    /// Every policy.
    pub const ALL: [Self; 7] = [
        Self::RoundRobin,
        Self::LeastRequest,
        Self::Random,
        Self::RingHash,
        Self::Maglev,
        Self::WeightedRoundRobin,
        Self::PickFirst,
    ];

    /// The word for it in the annotation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round-robin",
            Self::LeastRequest => "least-request",
            Self::Random => "random",
            Self::RingHash => "ring-hash",
            Self::Maglev => "maglev",
            Self::WeightedRoundRobin => "weighted-round-robin",
            Self::PickFirst => "pick-first",
        }
    }

    /// Whether it chooses by a hash of the request, and therefore has to know what to hash.
    pub const fn is_by_hash(self) -> bool {
        matches!(self, Self::RingHash | Self::Maglev)
    }
}

/// A part of a request that is hashed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashOn {
    /// A header, by its name in lower case.
    Header(Arc<str>),
    /// A cookie. One with a lifetime is made for clients that bring none.
    Cookie(Arc<str>, Option<Duration>),
    /// A parameter of the query.
    Query(Arc<str>),
    /// The address of the client.
    SourceIp,
}

/// Whether requests stay near the client while pods are there that take them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZoneRouting {
    /// They go to all pods alike.
    #[default]
    Off,
    /// They go to the pods of the client's zone first.
    PreferZone,
    /// They go to the pods on the client's node first, then to those of its zone.
    PreferNode,
}

impl ZoneRouting {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Off, Self::PreferZone, Self::PreferNode];

    /// The word for it in the annotation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::PreferZone => "prefer-zone",
            Self::PreferNode => "prefer-node",
        }
    }
}

/// How a pod that just came gets more and more of the requests.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowStart {
    /// For how long; `None`: it gets its full share at once.
    pub window: Option<Duration>,
    /// How its share grows, above 0: 1 evenly, above it faster at first.
    pub aggression: f64,
    /// The share that it begins with, in percent.
    pub min_weight: f64,
}

impl Balancing {
    /// The sizes of a ring that Envoy and the gRPC libraries take.
    pub const MAX_RING_SIZE: u32 = 8_388_608;
    /// The greatest size of a table that Envoy takes. It is a prime.
    pub const MAX_TABLE_SIZE: u32 = 5_000_011;
}

impl Default for Balancing {
    fn default() -> Self {
        Self {
            policy: LbPolicy::default(),
            choice_count: 2,
            active_request_bias: 1.0,
            hash_on: Vec::new(),
            ring_size: (1024, Self::MAX_RING_SIZE),
            maglev_table_size: 65_537,
            zone_routing: ZoneRouting::default(),
            own_node_only: false,
            slow_start: SlowStart { window: None, aggression: 1.0, min_weight: 10.0 },
            panic_threshold: 0.0,
        }
    }
}
