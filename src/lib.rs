//! Chancery: an Envoy xDS control plane that balances per request over the pods that are really there.
//!
//! A **source** emits **events** about Services and endpoints; the **catalog** merges them; **translate** renders, purely,
//! only what became dirty into content-hashed **resources**; one new **snapshot** per target is published by a single
//! swap; each stream's sans-IO **session** compares the snapshot with what its client holds and sends CDS, EDS, LDS, RDS.
//!
//! # One endpoint change, from the watch to the wire
//!
//! 1. [`source::kubernetes`] (or [`source::manifests`]) sees an EndpointSlice, [`source::objects`] reduces it to
//!    [`model::object::EndpointSlice`], and it goes out as a [`source::Notice`].
//! 2. [`pipeline::run`], on a thread of its own, drains all notices that are there, and feeds them to the [`model::Catalog`]. Its
//!    [`take_changes`](model::Catalog::take_changes) merges the one dirty Service and returns its [`model::Entry`].
//! 3. [`pipeline::Renderer`] sees which port's endpoints differ, and has [`translate`] render that one assignment: an
//!    [`xds::Resource`], encoded and hashed here, once for everybody.
//! 4. One entry changes in each fleet's [`xds::Snapshot`], and [`channels::SnapshotWriter::publish`] swaps a pointer.
//! 5. Every stream of [`server`] wakes, its [`protocol::Session`] finds the one difference to what its client holds, and
//!    the bytes of step 3 are copied into the response.
//!
//! # Floors
//!
//! Imports point down only, and rooms on one floor don't know each other. `tests/architecture.rs` holds this page against
//! the code.
//!
//! ```text
//! 7 cli         one file a command                               may use all below
//! 6 app         composition: configuration, tasks, shutdown      may use all below
//! 5 server      gRPC round the protocol                          protocol, channels, identity, xds, telemetry, proto
//!   admin       health, metrics, JSON                            channels, model, xds, telemetry
//!   pipeline    dirty → translate → publish                      source, translate, channels, model, xds, telemetry
//!   events      Kubernetes Events for the owners of objects      source, model
//! 4 source      where Services and endpoints come from           model
//!   protocol    the xDS state machines, without I/O              xds
//!   channels    what pipeline, server and admin tell each other  model, xds
//!   identity    who a client is                                  xds, proto
//! 3 translate   model → resources, pure                          model, xds, proto
//! 2 model       the domain; annotations → policy                 –
//!   xds         resources, versions, snapshots                   proto
//! 1 telemetry   the log and the metrics                          –
//!   proto       Envoy's types, generated: `data_plane_api`       –
//! ```
//!
//! # Glossary
//!
//! - **source**: where Services and endpoints come from: a Kubernetes API server, or a directory of manifests ([`source`]).
//! - **notice**: what a source reports: an event, or how the source itself is: up to date, in an outage ([`source::Notice`]).
//! - **event**: an object was applied or deleted, or is part of a list ([`model::Event`]). An **Event** with a capital is the
//!   Kubernetes object that `kubectl describe` shows ([`events`]).
//! - **convert**: reduce a Kubernetes object to what the model keeps of it ([`source::objects`], [`model::Converted`]).
//! - **catalog**: all objects, merged by Service ([`model::Catalog`]). An **entry** is one Service with its endpoints in it.
//! - **setting**: one annotation of ours ([`model::settings`]). The **policy** of a port is what all its settings, those of its
//!   Namespace and the defaults amount to ([`model::Policy`]).
//! - **default port**: the port that is meant when a client names none ([`model::Defaults`]).
//! - **rejected**: configuration that can't be used ([`model::Rejected`]). A **NACK** is a client that rejects a response, and an
//!   **issue** is what is wrong with a file.
//! - **translate**, **render**: make xDS resources of the model. **publish**: hand them to the clients.
//! - **claim**: a port and a domain that it should be reached by. Claims that exclude each other are a **conflict**, with a
//!   **winner**; a path of a wildcard that another claim hides is **shadowed** ([`translate::envoy`]).
//! - **resource**: one message of xDS, with its name, its bytes and their hash, which is its **version** ([`xds::Resource`]). An
//!   **assignment** is the resource that lists the endpoints of a cluster.
//! - **place**: the zone and the node of a client. A **located** resource differs from place to place ([`xds::Place`]).
//! - **snapshot**: all resources that a client may get ([`xds::Snapshot`]). The **world** is the snapshots of all clients
//!   ([`xds::World`]), and a **publication** is a world with the time of its oldest event ([`channels::Publication`]).
//! - **target**: which snapshot a client gets, by its kind and its fleet ([`xds::Target`]). A **fleet** is the Envoys that share a
//!   snapshot, by their `node.cluster`.
//! - **demand**: the names that gRPC clients ask for, which are rendered for that reason only ([`channels::Demand`]).
//! - **session**: what the protocol knows of one stream, without I/O ([`protocol::Session`]). Its **subscription** to a type is
//!   what the client asked for: names, everything (a **wildcard**), or both.
//! - **nonce**: the number of a response. A client repeats it to accept (**ACK**) or to reject (**NACK**) that response.
//! - **SotW**, **delta**: the two variants of the protocol: state of the world, which repeats everything, and increments.
//! - **query**: a question that the admin server has the pipeline answer ([`channels::Query`]).
//!
//! # Decisions, and why
//!
//! - **Versions are hashes of bytes.** Two replicas that see the same cluster give the same version to the same content,
//!   and a client that changes replica is resent nothing. So bytes must be deterministic: all maps are ordered, on the
//!   wire and in the generated types.
//! - **No debounce.** The pipeline takes whatever is queued as one batch, and a stream has at most one unanswered response
//!   per type. So batches grow by themselves under load, and vanish when there is none.
//! - **The cost of a change doesn't grow with what didn't change.** Snapshots are persistent maps; a stream keeps no list
//!   of versions but the very map that its client was last brought up to.
//! - **Where a client runs doesn't multiply snapshots.** A resource that looks different from different zones or nodes
//!   ([`xds::Resource::located`]) is in them once, and rendered for a place when a client there asks.
//! - **What gRPC clients get is rendered when they ask for it.** They ask for everything by name, and a port has a dozen
//!   names; so the server says which are in demand ([`channels::Demand`]), the pipeline renders these and no others, and a stream
//!   says nothing before its names were looked for: an answer without them would mean that they are gone.
//! - **Nothing is served before everything was listed once**, and a lost watch never becomes an empty push.
//! - **What can't be used is a value**, [`model::Rejected`], not an error: it harms nobody else, the last good state of it
//!   stays, and it is shown; the owner of the object is told by an Event.
//! - **Only what a port says counts** where it has to be known what it speaks, and which port is meant when nobody names one
//!   ([`model::Defaults`], `docs/ports.md`). What is left over is nobody's default, and what is guessed is told.
//! - **A list settles every doubt about a watch** ([`source::kubernetes`]): whatever goes wrong with one, its kind is listed
//!   again, and the catalog finds the net difference. All watches share a budget of requests.
//! - **Make before break.** A route that names a new cluster waits until the client has that cluster; a cluster that is
//!   gone lingers until the client's routes no longer name it. Both at most five seconds. On streams of single types no
//!   answer tells; there a cluster lingers for those five seconds, and a route to a new one waits for half of one. Routes
//!   of gRPC clients don't wait: they ask for a cluster because of its route, and use neither before they have both.
//! - **Nobody waits for somebody else's work.** The pipeline has a thread of its own, and what takes long to answer is put
//!   together beside the runtime, from pointers that were copied under a lock.
//! - **A client costs what it asks for, and not for ever.** Names, requests, responses, streams and connections are bounded,
//!   and a client that doesn't read is cut.
//!
//! # Known faults
//!
//! - All streams wake at every publication, to find in most cases that nothing of it is theirs.
//! - A client that reconnects while a cluster is removed may lose it a moment before the route that names it: what its
//!   old route named isn't known to the new stream.
//! - Where clusters come on a stream of their own and assignments over ADS, a changed cluster waits in Envoy for its
//!   assignment until Envoy's 15 s are up: the one stream doesn't know what was sent on the other.
//! - A request for a host with a port falls to the virtual host of every domain if only a wildcard without a port covers it, and
//!   is told from others there by a regular expression: Envoy's domains have one wildcard.
//! - Of a pod whose second address changes while the first stays, Envoy keeps the old one.
//! - With `--compat`, a Mapping counts only on the Service that carries it; `chancery convert` puts it where it belongs.
//! - Streams of single types reconnect one by one, so for a moment after a server died routes may be ahead of clusters.

pub mod admin;
pub mod app;
pub mod channels;
mod cli;
pub mod events;
pub mod identity;
pub mod model;
pub mod pipeline;
pub mod protocol;
pub mod server;
pub mod source;
pub mod telemetry;
pub mod translate;
pub mod xds;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command that `arguments` ask for, with the program's own name first, and says how it went: all that the program
/// `chancery` does.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    cli::run(arguments).into()
}
