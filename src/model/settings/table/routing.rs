//! Who gets a Service, and under which names.

use super::{Group, Grpc, Need, Reach, Setting};
use crate::model::Protocol;
use crate::model::settings::value::{self, Fault, Read};
use crate::model::settings::values::Values;
use crate::model::settings::{domain, parts, word};

pub(super) const GROUP: Group = Group {
    title: "Who gets it, and under which names",
    about: "A Service takes part once it says `enabled: \"true\"`. Without more its clients balance round robin over \
            the pods that are ready, under the names that Kubernetes gives the Service.",
    settings: &SETTINGS,
};

static SETTINGS: [Setting; 5] = [
    Setting {
        key: "enabled",
        about: "Whether clients get the Service, or the port, at all.",
        default: "false",
        example: "true",
        envoy: "The cluster, its assignment and its virtual host are there or not.",
        grpc: Grpc::Becomes("The Service is found under its names or not."),
        note: "On a Namespace it is the default of all its Services. `enabled.<port>: \"false\"` leaves one port out; a \
               port that is left out doesn't count when the default port is looked for.",
        values: Values::Boolean(|to, on| to.enabled = on),
        ..Setting::PLAIN
    },
    Setting {
        key: "fleets",
        about: "Which fleets of Envoys get it.",
        default: "*",
        example: "edge, internal",
        envoy: "Only Envoys whose `node.cluster` is in the list get its cluster, assignment and virtual host.",
        grpc: Grpc::Nothing("fleets are of Envoys; any gRPC client may dial any Service."),
        note: "A name that no fleet has is no mistake: the fleet may come later. Where the pods of a Service are Envoys \
               themselves, keep it from their own fleet (`fleets: none`, if no fleet is called so, leaves it to gRPC clients): \
               under its own names they would call each other, for ever.",
        values: Values::Other {
            accepts: || "a list of fleet names, or * for all".to_owned(),
            read: |text| Read::of(value::fleets(text), |to, fleets| to.policy.fleets = fleets),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "hosts",
        about: "More domains that lead to it through Envoy.",
        default: "none",
        default_is_words: true,
        example: "shop.example.com, *.shop.example.com",
        reach: Reach::DefaultPort,
        envoy: "`VirtualHost.domains`, after the Service's own names.",
        grpc: Grpc::Nothing("a Service is dialled by its own names."),
        note: "A domain without a port means any port, so `api.example.com` also takes `api.example.com:8443`, as gRPC clients \
               write it; a domain with a port means only that. Case doesn't matter, nor does a dot at the end of the host. \
               Where a Service has two default ports, requests of gRPC go to the one for gRPC, all others to the other \
               one. Of two Services that want one domain the older one has it (then the one whose name \
               comes first), and the other is told; unless both have `routes`, then they share it. A bad domain costs \
               only itself. `*`, every domain that is nobody's, only goes with `routes`.",
        values: Values::Other {
            accepts: || "a list of domains such as shop.example.com, *.example.com or shop.example.com:8080".to_owned(),
            read: |text| Read::of_parts(domain::list(text), |to, hosts| to.policy.hosts = hosts),
        },
        ..Setting::PLAIN
    },
    Setting {
        key: "routes",
        about: "The paths that lead to it on its hosts, or without hosts on every host.",
        default: "none",
        default_is_words: true,
        example: "shop.v1.Cart, /shop.v1.Wishlist/",
        reach: Reach::DefaultPort,
        envoy: "`Route.match.prefix` in a virtual host that all Services with `routes` on that domain share, the longest \
                prefix first.",
        grpc: Grpc::Nothing("whoever dials a Service has chosen it."),
        note: "So one listener is the gateway of many gRPC services. The full name of a gRPC service, `shop.v1.Cart`, \
               is the prefix `/shop.v1.Cart/`; any other prefix begins with `/` and is taken literally, so `/shop` also \
               takes `/shopping`. Requests that no prefix on a domain takes go where the wildcards say that cover it, the \
               most specific first, and `*` last. One prefix that two Services want on one domain goes to the older one. The Service's \
               own names (`cart.shop:50051`) go on leading to it whatever the path.",
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
        about: "What its pods speak.",
        default: "what the port says, else http2",
        default_is_words: true,
        example: "grpc",
        envoy: "`HttpProtocolOptions`: explicit HTTP/2 for `grpc` and `http2`, explicit HTTP/1.1 for `http1`, the \
                client's own protocol for `auto`. None for `tcp` and for TLS, and no virtual host. WebSocket upgrades on the \
                routes of `http1` and `auto`.",
        grpc: Grpc::Nothing(
            "gRPC speaks HTTP/2. It still counts where the default port is looked for, and over `tcp` there \
                             is no listener.",
        ),
        note: "Of `appProtocol` and of the first word of a port's name (up to the first hyphen) these are understood: `grpc`; \
               `http2`, `h2c`; `http`, `http1`, `ws`; `grpc-web` (as `auto`); `tcp`, `redis`, `mysql` and other names of \
               protocols over TCP; `https`, `tls`, `grpcs`, `wss` and others over TLS; of `appProtocol` each also after \
               `kubernetes.io/`. A name with a later word for TLS (`grpc-tls`) says TLS, and so does port 443 if nothing says \
               otherwise. Pods aren't spoken to in TLS yet: such a port has a cluster and endpoints for those who bring \
               routes of their own, and no domain. `chancery explain` shows what each port speaks and what says so.",
        values: Values::Other {
            accepts: word::one_of::<Protocol>,
            read: |text| Read::of(protocol(text), |to, protocol| to.policy.protocol = protocol),
        },
        ..Setting::PLAIN
    },
];

/// A protocol, also by the words that ports have for it.
fn protocol(text: &str) -> Result<Protocol, Fault> {
    match text {
        "http" => Ok(Protocol::Http1),
        "h2c" => Ok(Protocol::Http2),
        "https" | "tls" | "grpcs" => Err(Fault::new("pods aren't spoken to in TLS yet")),
        _ => word::word(text),
    }
}

/// What only HTTP/2 has.
pub(super) const HTTP2: Option<Need> = Some(Need {
    what: "a protocol with HTTP/2",
    is_met: |policy| policy.protocol.is_http2() || policy.protocol == Protocol::Auto,
});
