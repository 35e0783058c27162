//! Which pod a request goes to.

use super::{Group, Grpc, Need, Setting};
use crate::model::settings::value::Read;
use crate::model::settings::values::Values;
use crate::model::settings::{parts, word};
use crate::model::{Balancing, LbPolicy, ZoneRouting};

pub(super) const GROUP: Group = Group {
    title: "Which pod a request goes to",
    about: "Each request is balanced by itself, whatever connection it came on. The weight of a pod is a label of the \
            pod, `chancery.dev/weight: \"1\"` to `\"128\"`; with `random` and `pick-first` it doesn't count. gRPC clients \
            heed it with `ring-hash`; else it only decides how much a zone gets, by the weight of all its pods.",
    settings: &SETTINGS,
};

const LEAST_REQUEST: Option<Need> =
    Some(Need { what: "lb-policy: least-request", is_met: |policy| policy.balancing.policy == LbPolicy::LeastRequest });
const HASH: Option<Need> =
    Some(Need { what: "lb-policy: ring-hash or maglev", is_met: |policy| policy.balancing.policy.is_by_hash() });
const RING: Option<Need> =
    Some(Need { what: "lb-policy: ring-hash", is_met: |policy| policy.balancing.policy == LbPolicy::RingHash });
const MAGLEV: Option<Need> =
    Some(Need { what: "lb-policy: maglev", is_met: |policy| policy.balancing.policy == LbPolicy::Maglev });
const WARMING: Option<Need> = Some(Need {
    what: "lb-policy: round-robin, least-request or weighted-round-robin",
    is_met: |policy| {
        matches!(policy.balancing.policy, LbPolicy::RoundRobin | LbPolicy::LeastRequest | LbPolicy::WeightedRoundRobin)
    },
});
const WINDOW: Option<Need> =
    Some(Need { what: "slow-start-window", is_met: |policy| policy.balancing.slow_start.window.is_some() });

static SETTINGS: [Setting; 12] = [
    Setting {
        key: "lb-policy",
        about: "How the pod for a request is chosen.",
        default: "round-robin",
        example: "least-request",
        envoy: "`Cluster.load_balancing_policy`.",
        grpc: Grpc::Becomes(
            "`Cluster.load_balancing_policy`, a list of which a client follows the first policy that it has, with \
             `RoundRobin` in the end; a ring is `Cluster.lb_policy: RING_HASH`. `random` and `maglev` are round robin \
             in all clients, `least-request` in grpcio and grpc-js, `weighted-round-robin` and `pick-first` in \
             grpc-js.",
        ),
        note: "`round-robin`: each pod in turn. `least-request`: the least busy of two picked at random; good when \
               requests or pods differ much. `random`. `ring-hash` and `maglev`: equal requests go to the same pod, see \
               `hash-on`; when one of n pods comes or goes, with `maglev` little more than its n-th of them moves, \
               with `ring-hash` up to twice that. `weighted-round-robin`: pods say how loaded they are (ORCA, \
               `endpoint-load-metrics` in the headers or trailers of their answers); Envoy begins to heed that after 10 s, \
               and pods that say nothing count as their median. `pick-first`: all requests to one pod, the one with \
               the lowest address, and to the next only while that one isn't ready (Envoy: a priority for each of the first \
               128 pods).",
        values: Values::Other {
            accepts: word::one_of::<LbPolicy>,
            read: |text| Read::of(word::word(text), |to, policy| to.policy.balancing.policy = policy),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "least-request-choice-count",
        about: "Of how many pods, picked at random, the least busy gets the request.",
        default: "2",
        example: "4",
        needs: LEAST_REQUEST,
        envoy: "`LeastRequest.choice_count`.",
        grpc: Grpc::Becomes("`LeastRequest.choice_count`."),
        values: Values::Whole(2..=100, |to, n| to.policy.balancing.choice_count = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "least-request-active-request-bias",
        about: "How much it counts that a pod is busy, when pods have weights.",
        default: "1",
        example: "1.5",
        needs: LEAST_REQUEST,
        envoy: "`LeastRequest.active_request_bias`.",
        grpc: Grpc::Nothing("gRPC has none."),
        note: "0: only weights count. Higher: busy pods are avoided the more. Without weights it does nothing.",
        values: Values::Decimal(0.0..=100.0, |to, bias| to.policy.balancing.active_request_bias = bias),
        ..Setting::PLAIN
    },
    Setting {
        key: "hash-on",
        about: "What of a request decides its pod.",
        default: "none",
        example: "header:x-user-id, source-ip",
        needs: HASH,
        envoy: "`RouteAction.hash_policy`, and `HttpProtocolOptions.hash_policy` (Envoy 1.37 and newer) for those who \
                keep their own routes.",
        grpc: Grpc::Becomes(
            "`RouteAction.hash_policy`, with `ring-hash` only: headers, and for `source-ip`, or where the list has neither, \
             the channel (`io.grpc.channel_id`). gRPC knows no cookies and no queries.",
        ),
        note: "All parts of the list that a request has are hashed together; a request that has none of them goes to \
               any pod. A cookie with a lifetime is made by Envoy for clients that bring none: one for each connection \
               to Envoy, so it tells the clients behind a common proxy apart only if that has a connection for each. \
               `source-ip` with `ring-hash` or `maglev` does what `spec.sessionAffinity: ClientIP` asks for, which isn't \
               followed.",
        values: Values::Other {
            accepts: || {
                "none, or a list of header:<name>, cookie:<name>[:<lifetime>], query:<name> or source-ip".to_owned()
            },
            read: |text| Read::of(parts::hash_on(text), |to, list| to.policy.balancing.hash_on = list),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "ring-hash-min-size",
        about: "How many points the ring has at least.",
        default: "1024",
        example: "4096",
        needs: RING,
        envoy: "`RingHash.minimum_ring_size`.",
        grpc: Grpc::Becomes(
            "`RingHashLbConfig.minimum_ring_size`. More than 4096 is 4096 to clients that aren't told otherwise.",
        ),
        note: "More points spread more evenly, and cost memory in every Envoy.",
        values: Values::Whole(1..=Balancing::MAX_RING_SIZE, |to, n| to.policy.balancing.ring_size.0 = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "ring-hash-max-size",
        about: "How many points the ring has at most.",
        default: "8388608",
        example: "65536",
        needs: RING,
        envoy: "`RingHash.maximum_ring_size`.",
        grpc: Grpc::Becomes("`RingHashLbConfig.maximum_ring_size`; the same holds."),
        values: Values::Whole(1..=Balancing::MAX_RING_SIZE, |to, n| to.policy.balancing.ring_size.1 = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "maglev-table-size",
        about: "How many places Maglev's table has; a prime.",
        default: "65537",
        example: "262147",
        needs: MAGLEV,
        envoy: "`Maglev.table_size`.",
        grpc: Grpc::Nothing("gRPC has no Maglev."),
        note: "Much more than there are pods, or they get unequal shares.",
        values: Values::Other {
            accepts: || format!("a prime from 2 to {}", Balancing::MAX_TABLE_SIZE),
            read: |text| {
                Read::of(parts::prime(text, Balancing::MAX_TABLE_SIZE), |to, n| {
                    to.policy.balancing.maglev_table_size = n;
                })
            },
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "slow-start-window",
        about: "How long a new pod takes to get its full share.",
        default: "off",
        example: "30s",
        needs: WARMING,
        envoy: "`SlowStartConfig.slow_start_window`.",
        grpc: Grpc::Nothing("gRPC has no slow start."),
        note: "For pods that are slow at first: caches to fill, code to compile. When all pods are new, none is \
               preferred. With `weighted-round-robin` for Envoy 1.37 and newer.",
        values: Values::DurationOrOff(|to, window| to.policy.balancing.slow_start.window = window),
        ..Setting::PLAIN
    },
    Setting {
        key: "slow-start-aggression",
        about: "How a new pod's share grows: 1 evenly, above it faster at first, below it slower.",
        default: "1",
        example: "1.5",
        needs: WINDOW,
        envoy: "`SlowStartConfig.aggression`.",
        grpc: Grpc::Nothing("gRPC has no slow start."),
        values: Values::Decimal(0.01..=100.0, |to, aggression| to.policy.balancing.slow_start.aggression = aggression),
        ..Setting::PLAIN
    },
    Setting {
        key: "slow-start-min-weight",
        about: "The share that a new pod begins with, in percent of its full one.",
        default: "10",
        example: "5",
        needs: WINDOW,
        envoy: "`SlowStartConfig.min_weight_percent`.",
        grpc: Grpc::Nothing("gRPC has no slow start."),
        values: Values::Decimal(0.0..=100.0, |to, percent| to.policy.balancing.slow_start.min_weight = percent),
        ..Setting::PLAIN
    },
    Setting {
        key: "zone-routing",
        about: "Whether requests go to the pods of the client's zone, or on its node, first.",
        default: "what spec.trafficDistribution says, else off",
        default_is_words: true,
        example: "prefer-zone",
        envoy: "Priorities in the assignment, by the distance from the Envoy.",
        grpc: Grpc::Becomes("Priorities in the assignment, by the distance from the client."),
        note: "A client's zone is `node.locality.zone` (Envoy's `--service-zone`), its Kubernetes node is \
               `node.locality.sub_zone`; `chancery bootstrap envoy` and `chancery bootstrap grpc` write both with `--zone` and \
               `--node-name`. Requests stay near as long as a pod is ready \
               there, and all go on to the next distance when none is. Of `spec.trafficDistribution`, `PreferSameZone` and \
               `PreferClose` mean `prefer-zone`, `PreferSameNode` means `prefer-node`. With \
               `spec.internalTrafficPolicy: Local` a client that says its node gets the pods there and no others.",
        values: Values::Other {
            accepts: word::one_of::<ZoneRouting>,
            read: |text| Read::of(word::word(text), |to, routing| to.policy.balancing.zone_routing = routing),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "panic-threshold",
        about: "Below which share of healthy pods, in percent, requests go to all pods, healthy or not.",
        default: "0",
        example: "25",
        envoy: "`CommonLbConfig.healthy_panic_threshold`.",
        grpc: Grpc::Nothing("gRPC knows no panic."),
        note: "0 is never, and not Envoy's 50. Healthy is a pod unless it fails its health checks or is left out for how it \
               answers; draining pods don't count at all. But in a panic they get requests, too, although they are \
               leaving.",
        values: Values::Decimal(0.0..=100.0, |to, percent| to.policy.balancing.panic_threshold = percent),
        ..Setting::PLAIN
    },
];
