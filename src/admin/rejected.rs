//! What can't be used, as JSON.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Admin;
use crate::cache::refused;
use crate::model::{ObjectRef, Rejected, Severity};

/// A [`Rejected`], as programs read it here and from `chancery lint -o json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectedJson {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The kind of mistake, one word.
    pub reason: &'static str,
    /// The kind of the object; `File` for a file that holds none.
    pub kind: &'static str,
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
            severity: match reason.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            reason: reason.as_str(),
            kind,
            namespace,
            name,
            field: field.clone(),
            value: some(value),
            message: message.clone(),
            meanwhile: some(meanwhile),
        }
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(super) async fn list(State(admin): State<Admin>) -> Json<Vec<RejectedJson>> {
    let found = admin.status.read().rejected;
    Json(found.iter().chain(&refused(admin.clients.refusals())).map(RejectedJson::from).collect())
}
