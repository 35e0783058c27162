//! Load balancing settings.

use super::{Group, Grpc, Need, Setting};
use crate::model::settings::value::Read;
use crate::model::settings::values::Values;
use crate::model::settings::{parts, word};
use crate::model::{Balancing, LbPolicy, ZoneRouting};

pub(super) const GROUP: Group = Group {
    title: "Load balancing",
    about: "Envoy and gRPC clients choose a pod for each request, not for each connection. To give a pod a weight, set its \
            label `chancery.dev/weight` to a value from `\"1\"` to `\"128\"`. `random` and `pick-first` ignore weights. \
            gRPC clients apply the weights of single pods with `ring-hash` only; with other policies, the weights of a \
            zone's pods add up to the share of that zone.",
    settings: SETTINGS,
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

const SETTINGS: &[Setting] = &[
    Setting {
        key: "lb-policy",
        about: "Load balancing policy.",
        default: "round-robin",
        example: "least-request",
        envoy: "`Cluster.load_balancing_policy`.",
        grpc: Grpc::Becomes(
            "`Cluster.load_balancing_policy`, a list of which a client follows the first policy that it has, with \
             `RoundRobin` in the end; a ring is `Cluster.lb_policy: RING_HASH`. `random` and `maglev` are round robin \
             in all clients, `least-request` in grpcio and grpc-js, `weighted-round-robin` and `pick-first` in \
             grpc-js.",
        ),
        note: "`round-robin`: each pod in turn. `least-request`: the pod with fewer active requests of two random ones; \
               suits requests or pods that differ much. `random`: a random pod. `ring-hash` and `maglev`: requests with \
               the same hash go to the same pod (see `hash-on`); when one of n pods is added or removed, `maglev` moves \
               little more than 1/n of the requests, `ring-hash` up to twice that. `weighted-round-robin`: pods report \
               their load (ORCA, `endpoint-load-metrics` in response headers or trailers); Envoy applies the reports after \
               10 s, and a pod without reports gets the median weight. `pick-first`: all requests go to the pod with the \
               lowest address, and to the next one only while that pod isn't ready (in Envoy: one priority for each of the \
               first 128 pods).",
        values: Values::Other {
            accepts: word::one_of::<LbPolicy>,
            read: |text| Read::of(word::word(text), |to, policy| to.policy.balancing.policy = policy),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "least-request-choice-count",
        about: "Number of random pods from which `least-request` picks the least busy one.",
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
        about: "How strongly active requests reduce a pod's weight.",
        default: "1",
        example: "1.5",
        needs: LEAST_REQUEST,
        envoy: "`LeastRequest.active_request_bias`.",
        grpc: Grpc::Nothing("gRPC has no such setting."),
        note: "0: only weights count. The higher the value, the more busy pods are avoided. No effect if all pods have the \
               same weight.",
        values: Values::Decimal(0.0..=100.0, |to, bias| to.policy.balancing.active_request_bias = bias),
        ..Setting::PLAIN
    },
    Setting {
        key: "hash-on",
        about: "Parts of a request that are hashed to choose its pod.",
        default: "none",
        example: "header:x-user-id, source-ip",
        needs: HASH,
        envoy: "`RouteAction.hash_policy`, and `HttpProtocolOptions.hash_policy` (Envoy 1.37 and newer) for users with \
                their own routes.",
        grpc: Grpc::Becomes(
            "`RouteAction.hash_policy`, with `ring-hash` only: headers, and the channel (`io.grpc.channel_id`) for \
             `source-ip` or if the list has neither. gRPC can't hash cookies or query parameters.",
        ),
        note: "All listed parts that a request has are hashed together. A request that has none of them goes to any pod. \
               If a client sends no cookie, and the cookie has a lifetime, Envoy sets one: one per connection to Envoy, so \
               clients behind a common proxy share it unless the proxy opens a connection for each. `source-ip` with \
               `ring-hash` or `maglev` does what `spec.sessionAffinity: ClientIP` asks for; Chancery doesn't apply that \
               field.",
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
        about: "Minimum number of entries in the hash ring.",
        default: "1024",
        example: "4096",
        needs: RING,
        envoy: "`RingHash.minimum_ring_size`.",
        grpc: Grpc::Becomes("`RingHashLbConfig.minimum_ring_size`. gRPC clients cap it at 4096 by default."),
        note: "A larger ring spreads requests more evenly and costs memory in every Envoy.",
        values: Values::Whole(1..=Balancing::MAX_RING_SIZE, |to, n| to.policy.balancing.ring_size.0 = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "ring-hash-max-size",
        about: "Maximum number of entries in the hash ring.",
        default: "8388608",
        example: "65536",
        needs: RING,
        envoy: "`RingHash.maximum_ring_size`.",
        grpc: Grpc::Becomes("`RingHashLbConfig.maximum_ring_size`, with the same cap."),
        values: Values::Whole(1..=Balancing::MAX_RING_SIZE, |to, n| to.policy.balancing.ring_size.1 = n),
        ..Setting::PLAIN
    },
    Setting {
        key: "maglev-table-size",
        about: "Number of entries in the Maglev table; a prime.",
        default: "65537",
        example: "262147",
        needs: MAGLEV,
        envoy: "`Maglev.table_size`.",
        grpc: Grpc::Nothing("gRPC has no Maglev."),
        note: "Choose a value much larger than the number of pods; otherwise their shares are uneven.",
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
        about: "Duration over which a new pod's share of requests grows to its full share.",
        default: "off",
        example: "30s",
        needs: WARMING,
        envoy: "`SlowStartConfig.slow_start_window`.",
        grpc: Grpc::Nothing("gRPC has no slow start."),
        note: "For pods that start slowly: caches to fill, code to compile. If all pods are new, they get equal shares. \
               With `weighted-round-robin`, it needs Envoy 1.37 or newer.",
        values: Values::DurationOrOff(|to, window| to.policy.balancing.slow_start.window = window),
        ..Setting::PLAIN
    },
    Setting {
        key: "slow-start-aggression",
        about: "Shape of the growth: 1 is linear, higher values grow faster at first, lower values slower.",
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
        about: "Initial share of a new pod, in percent of its full share.",
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
        about: "Prefers pods in the client's zone, or on its node.",
        default: "from spec.trafficDistribution, else off",
        default_is_words: true,
        example: "prefer-zone",
        envoy: "Priorities in the assignment, by distance from the Envoy.",
        grpc: Grpc::Becomes("Priorities in the assignment, by distance from the client."),
        note: "The zone of a client is `node.locality.zone` (`--service-zone` of Envoy); its Kubernetes node is \
               `node.locality.sub_zone`. `chancery bootstrap envoy` and `chancery bootstrap grpc` set both with `--zone` \
               and `--node-name`. Requests stay at the nearest distance while one pod there is ready; if none is, all \
               requests go to the next distance. Of `spec.trafficDistribution`, `PreferSameZone` and `PreferClose` mean \
               `prefer-zone`, and `PreferSameNode` means `prefer-node`. With `spec.internalTrafficPolicy: Local`, a client \
               that states its node gets the pods on that node only.",
        values: Values::Other {
            accepts: word::one_of::<ZoneRouting>,
            read: |text| Read::of(word::word(text), |to, routing| to.policy.balancing.zone_routing = routing),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "panic-threshold",
        about: "Percentage of healthy pods below which requests go to all pods, healthy or not.",
        default: "0",
        example: "25",
        envoy: "`CommonLbConfig.healthy_panic_threshold`.",
        grpc: Grpc::Nothing("gRPC has no panic mode."),
        note: "0 disables panic mode; Envoy's own default is 50. A pod is healthy unless it fails its health checks or is \
               ejected by outlier detection; draining pods are left out of the percentage. In panic mode they receive \
               requests, although they are terminating.",
        values: Values::Decimal(0.0..=100.0, |to, percent| to.policy.balancing.panic_threshold = percent),
        ..Setting::PLAIN
    },
];
