//! What may happen between a client and a session.

use chancery::xds::ResourceType;

/// All the names there are: few, so that things meet.
pub const NAMES: [&str; 3] = ["a", "b", "c"];

/// The name that stands for all of them.
pub const WILDCARD: &str = "*";

/// One thing that happens. What can't happen at the moment (an answer when there is nothing to answer) is nothing.
#[derive(Debug, Clone)]
pub enum Step {
    /// The snapshot changes, all of this at once.
    Publish(Vec<Change>),
    /// The client changes its subscription to a type; neither word: it only repeats itself.
    Ask { of: ResourceType, subscribe: Vec<&'static str>, unsubscribe: Vec<&'static str>, nonce: Nonce },
    /// The oldest response arrives at the client, which applies or NACKs it, but doesn't say so yet.
    Receive { accept: bool },
    /// The client ACKs or NACKs the latest response of a type.
    Answer { of: ResourceType },
    /// The time of the stream of this type is up, if it waits.
    Expire { of: ResourceType },
    /// The stream of this type breaks, with all that is on its way, and a new one begins. With `stale` the client comes
    /// from another server, which gave it something else of that name.
    Reconnect { of: ResourceType, stale: Option<&'static str> },
}

/// One change of a snapshot.
#[derive(Debug, Clone)]
pub enum Change {
    /// A resource appears or changes. With `others` it is located: this is what it is to others than the client.
    Put { of: ResourceType, name: &'static str, content: u8, others: Option<u8>, references: Vec<&'static str> },
    /// A resource disappears.
    Remove { of: ResourceType, name: &'static str },
}

/// The nonce of a request that changes the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nonce {
    /// As clients do: of the response that wasn't answered yet, which is answered so; else in the state of the world of
    /// the one answered last.
    Usual,
    /// Of a response answered before, be it on an earlier stream, with an error.
    Stale,
    /// Of nobody's response.
    Foreign,
    /// None. In the state of the world the client says so that it has forgotten everything.
    None,
}
