//! Errors of watches, and their messages for operators.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use kube::core::Status;

use super::watch::Watch;
use crate::model::{Kind, Rejected};

/// Why a watch failed. Every error is retried.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchError {
    /// A list failed.
    #[error("list failed: {}", root_cause(.0))]
    List(#[source] kube::Error),
    /// A watch couldn't be started, or broke off.
    #[error("watch failed: {}", root_cause(.0))]
    Watch(#[source] kube::Error),
    /// A watch brought an ERROR event.
    #[error("watch failed: {}", first_line(&.0.message))]
    ErrorEvent(Box<Status>),
    /// No response came to a request within this time.
    #[error("no response to {verb} within {} s", after.as_secs())]
    Timeout {
        /// The verb of the request.
        verb: Verb,
        /// How long it waited.
        after: Duration,
    },
    /// A watch ended as soon as it was opened, without an event.
    #[error("watch ended at once")]
    EndedAtOnce,
    /// A watch brought no events, although there were changes.
    #[error("watch stalled")]
    Stalled,
    /// A list has no resource version to watch from.
    #[error("list without a resourceVersion")]
    NoResourceVersion,
    /// A resource version is smaller than one that was seen before.
    #[error("resourceVersion went back from {from} to {to}")]
    VersionWentBack {
        /// The one before.
        from: u64,
        /// The one now.
        to: u64,
    },
}

/// The verb of a request, as RBAC has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// `list`
    List,
    /// `watch`
    Watch,
}

/// Errors of one class are reported once until the source is up to date again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ErrorClass {
    /// 403: this rule of RBAC is missing.
    Forbidden(String),
    /// 401: the API server doesn't accept our credentials.
    Unauthorized,
    /// The API server can't be reached, or doesn't work as it should.
    ApiServer,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list",
            Self::Watch => "watch",
        })
    }
}

impl WatchError {
    /// The status that the API server answered, if it did.
    fn status(&self) -> Option<(Verb, &Status)> {
        match self {
            Self::List(kube::Error::Api(status)) => Some((Verb::List, status)),
            Self::Watch(kube::Error::Api(status)) | Self::ErrorEvent(status) => Some((Verb::Watch, status)),
            _ => None,
        }
    }

    /// Whether only the resource version is too old for the API server, or too new, so that a list helps.
    pub(super) fn is_expired(&self) -> bool {
        self.status().is_some_and(|(_, status)| match status.code {
            410 => true,
            504 => status.message.contains("Too large resource version"),
            _ => false,
        })
    }

    /// Whether a right is missing.
    pub(super) fn is_forbidden(&self) -> bool {
        self.status().is_some_and(|(_, status)| status.code == 403)
    }

    /// How long the API server asks to wait (`Retry-After`).
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let (_, status) = self.status()?;
        status.details.as_ref().map(|details| Duration::from_secs(details.retry_after_seconds.into()))
    }

    /// Its class.
    pub(super) fn class(&self, watch: &Watch) -> ErrorClass {
        match self.status() {
            Some((_, status)) => ErrorClass::of(status, || watch.rule()),
            None => ErrorClass::ApiServer,
        }
    }

    /// The error of this watch in one line, for operators. The same error of the connection reads the same for every watch.
    pub(super) fn describe(&self, server: &str, watch: &Watch) -> String {
        match self {
            Self::List(kube::Error::Api(status)) => describe_status(server, Verb::List, watch, status),
            Self::Watch(kube::Error::Api(status)) | Self::ErrorEvent(status) => {
                describe_status(server, Verb::Watch, watch, status)
            }
            Self::List(error) | Self::Watch(error) => describe_connection(server, error),
            Self::Timeout { verb, after } => {
                format!("the API server {server} doesn't answer to {verb} {watch}, within {} s", after.as_secs())
            }
            Self::EndedAtOnce => {
                format!("the API server {server} ends each watch of {watch} at once, without an event")
            }
            Self::Stalled => format!("the API server {server} says nothing of changes to the watch of {watch}"),
            Self::NoResourceVersion => format!("the API server {server} lists {watch} without a resourceVersion"),
            Self::VersionWentBack { from, to } => describe_version_went_back(server, *from, *to),
        }
    }
}

impl ErrorClass {
    /// The class of a response; `rule` is the rule of RBAC that allows the request.
    pub(super) fn of(status: &Status, rule: impl FnOnce() -> String) -> Self {
        match status.code {
            401 => Self::Unauthorized,
            403 => Self::Forbidden(rule()),
            _ => Self::ApiServer,
        }
    }
}

/// The API server has lost a part of its history.
pub(super) fn describe_version_went_back(server: &str, from: u64, to: u64) -> String {
    format!(
        "the API server {server} is back at revision {to} after {from}, as when its etcd was restored; listing again"
    )
}

/// There is no response of an API server.
pub(super) fn describe_connection(server: &str, error: &kube::Error) -> String {
    match error {
        kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) | kube::Error::LinesCodecMaxLineLengthExceeded => {
            format!("what answers at {server} isn't an API server, or is out of order: {}", root_cause(error))
        }
        error => format!("the API server {server} can't be reached: {}", root_cause(error)),
    }
}

/// The API server answers with an error.
fn describe_status(server: &str, verb: Verb, watch: &Watch, status: &Status) -> String {
    let message = first_line(&status.message);
    match status.code {
        401 => describe_unauthorized(server, status),
        403 => format!("not allowed to {verb} {watch}: {message}; missing in {}", watch.rule()),
        // What can't be decoded as an event is taken for an empty status.
        0 if message.is_empty() => format!("the API server {server} answers to {verb} {watch} with what is no event"),
        code => format!("the API server {server} can't {verb} {watch}: {message} (HTTP {code})"),
    }
}

/// The API server doesn't accept our credentials.
fn describe_unauthorized(server: &str, status: &Status) -> String {
    format!("the API server {server} doesn't know us: {}", first_line(&status.message))
}

/// The API server answers a probe with an error.
pub(super) fn describe_not_ready(server: &str, status: &Status) -> String {
    if status.code == 401 {
        return describe_unauthorized(server, status);
    }
    format!("the API server {server} isn't ready: {} (HTTP {})", first_line(&status.message), status.code)
}

/// The message of the innermost cause. The errors around it only name layers of libraries.
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

/// The first line that isn't empty, shortened.
pub fn first_line(text: &str) -> String {
    const MAX: usize = 300;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.len() > MAX { Rejected::shorten(line) } else { line.to_owned() }
}

impl Watch {
    /// Whether Services are served without its objects: those are defaults and weights only.
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
