//! Opt-in, fleets, hosts, routes and protocol.

use super::{Group, Grpc, Need, Reach, Setting};
use crate::model::Protocol;
use crate::model::settings::value::{self, Read, ValueError};
use crate::model::settings::values::Values;
use crate::model::settings::{domain, parts, word};

pub(super) const GROUP: Group = Group {
    title: "Opting in, fleets, hosts and routes",
    about: "A Service takes part once it has `enabled: \"true\"`. By default its clients balance round robin over its \
            ready pods, and reach it under the names that Kubernetes gives the Service.",
    settings: SETTINGS,
};

const SETTINGS: &[Setting] = &[
    Setting {
        key: "enabled",
        about: "Serves the Service, or one port of it, to clients.",
        default: "false",
        example: "true",
        envoy: "The cluster, its assignment and its virtual host exist or not.",
        grpc: Grpc::Becomes("The Service is found under its names or not."),
        note: "On a Namespace, it is the default for all Services in it. `enabled.<port>: \"false\"` excludes one port; an \
               excluded port is never a default port.",
        values: Values::Boolean(|to, on| to.enabled = on),
        ..Setting::PLAIN
    },
    Setting {
        key: "fleets",
        about: "Fleets of Envoys that receive the Service.",
        default: "*",
        example: "edge, internal",
        envoy: "Only Envoys whose `node.cluster` is in the list receive the cluster, its assignment and its virtual host.",
        grpc: Grpc::Nothing("fleets consist of Envoys; any gRPC client may dial any Service."),
        note: "A fleet name that no Envoy uses yet is valid: the fleet may come later. If the pods of a Service are Envoys \
               themselves, exclude their own fleet: under its own names they would otherwise call each other in a loop. To leave \
               it to gRPC clients, set `fleets: none`, provided that no fleet has the name `none`.",
        values: Values::Other {
            accepts: || "a list of fleet names, or * for all".to_owned(),
            read: |text| Read::of(value::fleets(text), |to, fleets| to.policy.fleets = fleets),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "hosts",
        about: "Additional domains under which Envoys route to the Service.",
        default: "none",
        default_is_words: true,
        example: "shop.example.com, *.shop.example.com",
        reach: Reach::DefaultPort,
        envoy: "`VirtualHost.domains`, after the Service's own names.",
        grpc: Grpc::Nothing("gRPC clients dial a Service by its own names."),
        note: "A domain without a port matches any port: `api.example.com` also matches `api.example.com:8443`, the form \
               gRPC clients send. A domain with a port matches that port only. Case and a trailing dot are ignored. If a \
               Service has two default ports, gRPC requests go to the gRPC default, and all others to the HTTP default. If \
               two Services claim one domain, the older one gets it (on a tie, the one whose name sorts first), and the \
               other one's owner gets an Event; if both have `routes`, they share the domain. An invalid domain is \
               dropped, and the others apply. `*`, which matches every domain that no other Service has, needs `routes`.",
        values: Values::Other {
            accepts: || "a list of domains such as shop.example.com, *.example.com or shop.example.com:8080".to_owned(),
            read: |text| Read::of_parts(domain::list(text), |to, hosts| to.policy.hosts = hosts),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "routes",
        about: "Paths that lead to the Service, on its `hosts` or, without `hosts`, on every host.",
        default: "none",
        default_is_words: true,
        example: "shop.v1.Cart, /shop.v1.Wishlist/",
        reach: Reach::DefaultPort,
        envoy: "`Route.match.prefix` in a virtual host that all Services with `routes` on the domain share, longest prefix \
                first.",
        grpc: Grpc::Nothing("the client has already chosen the Service that it dials."),
        note: "With routes, one listener is the gateway for many gRPC services. The full name of a gRPC service, such as \
               `shop.v1.Cart`, stands for the prefix `/shop.v1.Cart/`. Any other prefix starts with `/` and matches \
               literally: `/shop` also matches `/shopping`. If no prefix of a domain matches, the wildcard domains that \
               cover it are tried, the most specific first and `*` last. If two Services claim one prefix on one domain, \
               the older one gets it. The Service's own names (`cart.shop:50051`) lead to it for every path.",
        values: Values::Other {
            accepts: || {
                "a list of path prefixes such as /shop. or full names of gRPC services such as shop.v1.Cart".to_owned()
            },
            read: |text| Read::of_parts(parts::routes(text), |to, routes| to.policy.routes = routes),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "protocol",
        about: "Protocol that the pods speak.",
        default: "what the port states, else http2",
        default_is_words: true,
        example: "grpc",
        envoy: "`HttpProtocolOptions`: explicit HTTP/2 for `grpc` and `http2`, explicit HTTP/1.1 for `http1`, the client's \
                own protocol for `auto`. For `tcp` and TLS: none, and no virtual host. Routes of `http1` and `auto` allow \
                WebSocket upgrades.",
        grpc: Grpc::Nothing(
            "gRPC always speaks HTTP/2. The setting still decides which port is the default port, and a `tcp` port has no \
             gRPC listener.",
        ),
        note: "In `appProtocol`, and in the first word of a port's name (up to the first hyphen), Chancery understands: \
               `grpc`; `http2`, `h2c`; `http`, `http1`, `ws`; `grpc-web` (as `auto`); `tcp`, `redis`, `mysql` and the \
               names of other TCP protocols; `https`, `tls`, `grpcs`, `wss` and others over TLS. In `appProtocol`, each \
               may follow `kubernetes.io/`. A later word for TLS in a port's name (`grpc-tls`) means TLS, and so does port \
               443 if nothing else is stated. Chancery doesn't configure TLS to pods yet: a TLS port has a cluster and \
               endpoints, for users with their own routes, but no domain. `chancery explain` shows the protocol of each \
               port and where it is stated.",
        values: Values::Other {
            accepts: word::one_of::<Protocol>,
            read: |text| Read::of(protocol(text), |to, protocol| to.policy.protocol = protocol),
        },
        ..Setting::PLAIN
    },
];

/// A protocol, also by the words that ports have for it.
fn protocol(text: &str) -> Result<Protocol, ValueError> {
    match text {
        "http" => Ok(Protocol::Http1),
        "h2c" => Ok(Protocol::Http2),
        "https" | "tls" | "grpcs" => Err(ValueError::new("TLS to pods isn't supported yet")),
        _ => word::word(text),
    }
}

/// What only HTTP/2 has.
pub(super) const HTTP2: Option<Need> = Some(Need {
    what: "a protocol with HTTP/2",
    is_met: |policy| policy.protocol.is_http2() || policy.protocol == Protocol::Auto,
});
