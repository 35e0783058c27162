//! Parses the names of annotations: `<key>` or `<key>.<port>`.

use std::fmt;
use std::sync::Arc;

use super::PREFIX;
use super::table::{Reach, Setting};
use super::word::nearest;
use crate::model::object;

/// The name of an annotation of ours, after the prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub key: &'static str,
    pub scope: Scope,
}

/// Which ports an annotation is for. The later, the more exact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// Those that the setting's reach says.
    Plain,
    /// The one with this name.
    PortName(Arc<str>),
    /// The one with this number.
    PortNumber(u16),
}

/// Why a name isn't the name of a setting, in words for the user.
pub(super) enum Unnamed {
    /// There is no such setting.
    Unknown(String),
    /// There is, but what follows its dot can't be a port.
    BadPort(String),
}

/// Names under our prefix that are right, but not on this object.
const ELSEWHERE: [(&str, &str); 2] = [
    ("weight", "this is a label of the pod, not an annotation of its Service"),
    ("client", "this belongs in the node metadata of a client, not in an annotation"),
];

/// The longest name of a Service's port, in bytes: that of a DNS label, which it is.
const MAX_PORT_NAME_BYTES: usize = 63;

impl Name {
    /// The name, and the setting that it is for.
    pub fn parse(annotation: &str) -> Result<(Self, &'static Setting), Unnamed> {
        let (key, port) = match annotation.split_once('.') {
            Some((key, port)) => (key, Some(port)),
            None => (annotation, None),
        };
        let setting = Setting::find(key).ok_or_else(|| Unnamed::Unknown(unknown(key, port)))?;
        let scope = match port {
            None => Scope::Plain,
            Some(port) => Scope::of_port(port).ok_or_else(|| {
                Unnamed::BadPort(format!(
                    "what follows the dot is not a port; expected {}.<name of a port> or {}.<1 to 65535>",
                    setting.key, setting.key
                ))
            })?,
        };
        Ok((Self { key: setting.key, scope }, setting))
    }

    /// Whether it is for this port, which may be the default port.
    pub fn reaches(&self, port: Option<&object::Port>, is_default: bool) -> bool {
        match &self.scope {
            Scope::Plain => is_default || self.reach() == Reach::EveryPort,
            scope => port.is_some_and(|port| scope.names(port)),
        }
    }

    /// Which ports it is for if it names none.
    fn reach(&self) -> Reach {
        Setting::find(self.key).map_or(Reach::EveryPort, |setting| setting.reach)
    }
}

impl Scope {
    /// What this says after the dot of an annotation.
    pub fn of_port(text: &str) -> Option<Self> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            // One spelling per port: `09090` beside `9090` would be two annotations for one name.
            return text.parse().ok().filter(|_| !text.starts_with('0')).map(Self::PortNumber);
        }
        // What Kubernetes takes in the name of an annotation. Files may have ports whose names are no DNS labels.
        let is_name = text.len() <= MAX_PORT_NAME_BYTES
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        is_name.then(|| Self::PortName(text.into()))
    }

    /// Whether it names this port.
    pub fn names(&self, port: &object::Port) -> bool {
        match self {
            Self::Plain => false,
            Self::PortName(name) => *name == port.name,
            Self::PortNumber(number) => *number == port.number,
        }
    }
}

fn unknown(key: &str, port: Option<&str>) -> String {
    if let Some((_, where_else)) = ELSEWHERE.iter().find(|(name, _)| *name == key) {
        return (*where_else).to_owned();
    }
    match (nearest(key, Setting::all().map(|setting| setting.key)), port) {
        (Some(near), Some(port)) if port.len() <= MAX_PORT_NAME_BYTES => {
            format!("no such setting; did you mean {PREFIX}{near}.{port}?")
        }
        (Some(near), _) => format!("no such setting; did you mean {PREFIX}{near}?"),
        (None, _) => "no such setting".to_owned(),
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.scope {
            Scope::Plain => f.write_str(self.key),
            Scope::PortName(port) => write!(f, "{}.{port}", self.key),
            Scope::PortNumber(port) => write!(f, "{}.{port}", self.key),
        }
    }
}
