//! What can't be used, as JSON.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::Admin;
use crate::channels::rejected_by_clients;
use crate::model::{Key, Kind, ObjectRef, Reason, Rejected, Severity};

/// A [`Rejected`], as programs read it here and from `chancery lint -o json`.
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
    /// What it was made from; `None` if its words are of another version of Chancery.
    pub fn rejected(self) -> Option<Rejected> {
        let Self { severity: _, reason, kind, namespace, name, field, value, message, meanwhile } = self;
        let object = if kind == "File" {
            ObjectRef::File(name.into())
        } else {
            let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind)?;
            ObjectRef::Object(kind, Key::new(namespace.unwrap_or_default(), name))
        };
        let reason = Reason::ALL.into_iter().find(|known| known.as_str() == reason)?;
        let (value, meanwhile) = (value.unwrap_or_default(), meanwhile.unwrap_or_default());
        Some(Rejected { object, field, value, reason, message, meanwhile })
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) async fn list(State(admin): State<Admin>) -> Json<Vec<RejectedJson>> {
    let found = admin.status.read().rejected;
    Json(found.iter().chain(&rejected_by_clients(admin.clients.nacks())).map(RejectedJson::from).collect())
}
