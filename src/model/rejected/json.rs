//! What is rejected, as JSON.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Rejected, Severity};
use crate::model::{Key, Kind, ObjectRef};

/// A [`Rejected`], as programs read it from `chancery lint -o json`, `chancery explain -o json` and the admin server. The words
/// are text, so that those of another version of Chancery can be read, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedJson {
    /// `error` or `warning`.
    pub severity: Cow<'static, str>,
    /// The kind of mistake, one word.
    pub reason: Cow<'static, str>,
    /// The kind of the object; `File` for a file that holds none.
    pub kind: Cow<'static, str>,
    /// Its namespace; absent for a Namespace and for a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name, or the path of the file.
    pub name: String,
    /// The field, as a path.
    pub field: String,
    /// What stands there; absent when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong and what is accepted.
    pub message: String,
    /// What is in force meanwhile; absent when there is nothing to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meanwhile: Option<String>,
}

impl From<&Rejected> for RejectedJson {
    fn from(rejected: &Rejected) -> Self {
        let Rejected { object, field, value, reason, message, meanwhile } = rejected;
        let (kind, namespace, name) = match object {
            ObjectRef::Object(kind, key) => (kind.as_str(), some(&key.namespace), key.name.to_string()),
            ObjectRef::File(path) => ("File", None, path.to_string()),
        };
        Self {
            severity: Cow::Borrowed(match reason.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            }),
            reason: reason.as_str().into(),
            kind: kind.into(),
            namespace,
            name,
            field: field.clone(),
            value: some(value),
            message: message.clone(),
            meanwhile: some(meanwhile),
        }
    }
}

impl RejectedJson {
    /// Whose it is; `None` if the kind is one of another version of Chancery.
    fn object(&self) -> Option<ObjectRef> {
        let Self { kind, namespace, name, .. } = self;
        if kind == "File" {
            return Some(ObjectRef::File(name.as_str().into()));
        }
        let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        Some(ObjectRef::Object(kind, Key::new(namespace.as_deref().unwrap_or_default(), name.as_str())))
    }
}

/// As the [`Rejected`] that it was made from.
impl fmt::Display for RejectedJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity: _, reason: _, kind: _, namespace: _, name: _, field, value, message, meanwhile } = self;
        if let Some(object) = self.object() {
            write!(f, "{object}: {field}: ")?;
        }
        if let Some(value) = value {
            write!(f, "\"{value}\": ")?;
        }
        f.write_str(message)?;
        if let Some(meanwhile) = meanwhile {
            write!(f, " ({meanwhile})")?;
        }
        Ok(())
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
