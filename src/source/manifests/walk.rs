//! Iterates over the objects of a document or list.

use super::node::{Entry, Node, Value};

/// Something met on the way through a document.
pub enum Met<'n> {
    /// An object, with its `apiVersion` and `kind`.
    Object(&'n str, &'n str, &'n Node),
    /// Something that isn't even a mapping.
    NoMapping(&'n Node),
    /// A mapping that lacks `apiVersion` or `kind`.
    NoKind(&'n Node),
    /// The items of a list, which aren't a list.
    NoItems(&'n Entry),
}

/// Walks through a document. Empty ones are nothing to tell of.
pub fn walk<'n>(document: &'n Node, met: &mut impl FnMut(Met<'n>)) {
    step(document, None, met);
}

/// `element` is the `apiVersion` and `kind` of the elements of a typed list, which needn't repeat them.
fn step<'n>(node: &'n Node, element: Option<(&'n str, &'n str)>, met: &mut impl FnMut(Met<'n>)) {
    if node.is_null() {
        return;
    }
    if !matches!(node.value, Value::Mapping(_)) {
        return met(Met::NoMapping(node));
    }
    let word = |field, default| node.get(field).map_or(default, Node::as_str);
    let (Some(api_version), Some(kind)) =
        (word("apiVersion", element.map(|(version, _)| version)), word("kind", element.map(|(_, kind)| kind)))
    else {
        return met(Met::NoKind(node));
    };
    let (Some(of), Some(items)) = (kind.strip_suffix("List"), node.entry("items")) else {
        return met(Met::Object(api_version, kind, node));
    };
    let element = (!of.is_empty()).then_some((api_version, of));
    match &items.node.value {
        Value::Sequence(items) => items.iter().for_each(|item| step(item, element, met)),
        _ if items.node.is_null() => {}
        _ => met(Met::NoItems(items)),
    }
}
