//! Decides whether rejected configuration concerns Chancery.

use std::sync::Arc;

use super::Key;

/// Whose business it is what can't be used of an object, as far as the object itself tells. Nobody hears of what nobody meant
/// for us: of a thousand objects in a repository, perhaps ten take part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Concern {
    /// Ours: it carries an annotation of ours, or a label.
    Ours,
    /// It says nothing itself. Ours, if one of these Namespaces opts its Services in.
    Namespaces(Box<[Arc<str>]>),
    /// Ours, if this Service takes part.
    Service(Box<Key>),
    /// Nobody's.
    #[default]
    Nobody,
}
