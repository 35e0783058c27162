//! The areas that the cases fall into.

use Area::{Delta, Grpc, Identity, Nack, Order, Reconnect, Services, Sotw, Transport, Ttl, Wildcard};

/// What a group of cases is about; the letter of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Handshake, node, types and streams, in both variants.
    Identity,
    /// State of the world.
    Sotw,
    /// Wildcards.
    Wildcard,
    /// ACK and NACK.
    Nack,
    /// Delta.
    Delta,
    /// Reconnects, replicas, start and stop.
    Reconnect,
    /// Order and warming on ADS.
    Order,
    /// Time to live.
    Ttl,
    /// Proxyless gRPC.
    Grpc,
    /// Transport and limits.
    Transport,
    /// Other services.
    Services,
}

impl Area {
    /// Every area, in the order of the README.
    pub const ALL: [Self; 11] =
        [Identity, Sotw, Wildcard, Nack, Delta, Reconnect, Order, Ttl, Grpc, Transport, Services];

    /// The first letter of its ids.
    pub const fn letter(self) -> char {
        match self {
            Identity => 'B',
            Sotw => 'S',
            Wildcard => 'W',
            Nack => 'N',
            Delta => 'D',
            Reconnect => 'R',
            Order => 'A',
            Ttl => 'T',
            Grpc => 'G',
            Transport => 'X',
            Services => 'O',
        }
    }

    /// What it is called, for readers.
    pub const fn title(self) -> &'static str {
        match self {
            Identity => "both variants",
            Sotw => "state of the world",
            Wildcard => "wildcards",
            Nack => "ACK and NACK",
            Delta => "delta",
            Reconnect => "reconnects and replicas",
            Order => "order and warming",
            Ttl => "time to live",
            Grpc => "proxyless gRPC",
            Transport => "transport and limits",
            Services => "other services",
        }
    }

    /// What it is about, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Identity => "first requests, nonces, versions, nodes; types and streams that are independent of each other",
            Sotw => {
                "what is answered and what isn't, whole and partial responses, stale nonces, one unanswered response"
            }
            Wildcard => "legacy and explicit wildcards, beside names, over nothing, after a reconnect",
            Nack => "what makes a NACK, no loops, the rest goes on, what is seen of it",
            Delta => {
                "subscribe and unsubscribe, updates, deletions, missing names, refused and large responses, aliases"
            }
            Reconnect => "old versions, another replica, before everything was listed, when a stream ends",
            Order => "CDS, EDS, LDS, RDS; make before break; bounded waits; bursts",
            Ttl => "never set, nothing wrapped, no heartbeats",
            Grpc => "only what was asked for, never less; names of every shape",
            Transport => "clients that don't read, large requests and responses",
            Services => "LRS, CSDS, SDS",
        }
    }

    /// The module that has its tests.
    pub const fn module(self) -> &'static str {
        match self {
            Identity => "identity",
            Sotw => "sotw",
            Wildcard => "wildcard",
            Nack => "nack",
            Delta => "delta",
            Reconnect => "reconnect",
            Order => "order",
            Ttl | Grpc => "names",
            Transport => "transport",
            Services => "services",
        }
    }
}
