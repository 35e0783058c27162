//! What went wrong, in one line.

use std::error::Error;
use std::io;
use std::time::Duration;

use kube::core::Status;

use super::watch::Watch;
use crate::model::{Kind, Rejected};

/// What is wrong with a watch.
#[derive(Debug)]
pub(super) enum Trouble {
    /// A list failed.
    List(kube::Error),
    /// A watch couldn't be opened, or broke off.
    Watch(kube::Error),
    /// A watch said this instead of an event.
    Said(Box<Status>),
    /// No answer came to a request (`list` or `watch`) for so long.
    Unanswered(&'static str, Duration),
    /// A watch ended as soon as it was opened, without an event.
    Ended,
    /// A watch said nothing, although there were changes.
    Silent,
    /// A list has no revision to watch from.
    NoRevision,
    /// A revision is smaller than one that was seen before.
    WentBack {
        /// The one before.
        from: u64,
        /// The one now.
        to: u64,
    },
}

/// What troubles have in common that are said once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A right is missing.
    Denied(String),
    /// The API server doesn't take our credentials.
    Unknown,
    /// The API server doesn't do what it should.
    Server,
}

impl Trouble {
    /// What the API server answered, if it did.
    fn status(&self) -> Option<(&'static str, &Status)> {
        match self {
            Self::List(kube::Error::Api(status)) => Some(("list", status)),
            Self::Watch(kube::Error::Api(status)) | Self::Said(status) => Some(("watch", status)),
            _ => None,
        }
    }

    /// Whether all that is wrong is that the revision to go on from is too old for the API server, or too new.
    pub(super) fn is_expiry(&self) -> bool {
        self.status().is_some_and(|(_, status)| match status.code {
            410 => true,
            504 => status.message.contains("Too large resource version"),
            _ => false,
        })
    }

    /// Whether a right is missing.
    pub(super) fn is_denial(&self) -> bool {
        self.status().is_some_and(|(_, status)| status.code == 403)
    }

    /// How long the API server asks not to be asked again.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let (_, status) = self.status()?;
        status.details.as_ref().map(|details| Duration::from_secs(details.retry_after_seconds.into()))
    }

    /// What it has in common with others.
    pub(super) fn cause(&self, watch: &Watch) -> Cause {
        match self.status() {
            Some((_, status)) => Cause::of(status, || watch.rule()),
            None => Cause::Server,
        }
    }

    /// It in one line. The same trouble with the connection reads the same for every watch.
    pub(super) fn describe(&self, server: &str, watch: &Watch) -> String {
        match self {
            Self::List(kube::Error::Api(status)) => of_status(server, "list", watch, status),
            Self::Watch(kube::Error::Api(status)) | Self::Said(status) => of_status(server, "watch", watch, status),
            Self::List(error) | Self::Watch(error) => of_connection(server, error),
            Self::Unanswered(verb, after) => {
                format!("the API server {server} doesn't answer to {verb} {watch}, within {} s", after.as_secs())
            }
            Self::Ended => format!("the API server {server} ends each watch of {watch} at once, without an event"),
            Self::Silent => format!("the API server {server} says nothing of changes to the watch of {watch}"),
            Self::NoRevision => format!("the API server {server} lists {watch} without a resourceVersion"),
            Self::WentBack { from, to } => went_back(server, *from, *to),
        }
    }
}

impl Cause {
    /// That of an answer; `rule` is the rule of RBAC that allows what was asked.
    pub(super) fn of(status: &Status, rule: impl FnOnce() -> String) -> Self {
        match status.code {
            401 => Self::Unknown,
            403 => Self::Denied(rule()),
            _ => Self::Server,
        }
    }
}

/// The API server is older than it was.
pub(super) fn went_back(server: &str, from: u64, to: u64) -> String {
    format!(
        "the API server {server} is back at revision {to} after {from}, as when its etcd was restored; listing again"
    )
}

/// There is no answer of an API server.
pub(super) fn of_connection(server: &str, error: &kube::Error) -> String {
    match error {
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) | kube::Error::LinesCodecMaxLineLengthExceeded => {
            format!("what answers at {server} isn't an API server, or is out of order: {}", root_cause(error))
        }
        error => format!("the API server {server} can't be reached: {}", root_cause(error)),
    }
}

/// The API server said no.
fn of_status(server: &str, verb: &str, watch: &Watch, status: &Status) -> String {
    let message = first_line(&status.message);
    match status.code {
        401 => unknown(server, status),
        403 => format!("not allowed to {verb} {watch}: {message}; missing in {}", watch.rule()),
        // What can't be read as an event is taken for a status that says nothing.
        0 if message.is_empty() => format!("the API server {server} answers to {verb} {watch} with what is no event"),
        code => format!("the API server {server} can't {verb} {watch}: {message} (HTTP {code})"),
    }
}

/// The API server doesn't take our credentials.
fn unknown(server: &str, status: &Status) -> String {
    format!("the API server {server} doesn't know us: {}", first_line(&status.message))
}

/// The API server answers a probe, and can't serve.
pub(super) fn not_ready(server: &str, status: &Status) -> String {
    if status.code == 401 {
        return unknown(server, status);
    }
    format!("the API server {server} isn't ready: {} (HTTP {})", first_line(&status.message), status.code)
}

/// The innermost cause, which alone tells what to do; what wraps it names layers of libraries.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    // A library's own chain could be circular.
    const DEPTH: usize = 16;
    let causes = || std::iter::successors(Some(error), |&error| error.source()).take(DEPTH);
    let timed_out = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    };
    if causes().any(timed_out) {
        // What is innermost then ("deadline has elapsed") leaves open whose.
        return "no answer in time".to_owned();
    }
    causes().last().map_or_else(String::new, |cause| first_line(&cause.to_string()))
}

/// The first line that says something, of moderate length.
pub fn first_line(text: &str) -> String {
    const MAX: usize = 300;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.len() > MAX { Rejected::shorten(line) } else { line.to_owned() }
}

impl Watch {
    /// Whether Services are served without what it reads: those are defaults and weights only.
    pub(super) const fn is_optional(&self) -> bool {
        matches!(self.kind, Kind::Namespace | Kind::Pod)
    }

    /// The rule of RBAC that it needs, and where.
    pub(super) fn rule(&self) -> String {
        let (group, resource) = match self.kind {
            Kind::Namespace => ("", "namespaces"),
            Kind::Service => ("", "services"),
            Kind::EndpointSlice => ("discovery.k8s.io", "endpointslices"),
            Kind::Pod => ("", "pods"),
        };
        let role = match &self.namespace {
            Some(namespace) if self.kind != Kind::Namespace => format!("a Role of namespace \"{namespace}\""),
            Some(_) | None => "a ClusterRole".to_owned(),
        };
        let or = match (&self.namespace, self.kind) {
            (None, Kind::Service | Kind::EndpointSlice | Kind::Pod) => {
                " (with a Role only, say its namespace: --namespace NS)"
            }
            (Some(_), _) | (None, Kind::Namespace) => "",
        };
        format!("{role}: apiGroups: [\"{group}\"], resources: [{resource}], verbs: [list, watch]{or}")
    }
}

#[cfg(test)]
mod tests;
