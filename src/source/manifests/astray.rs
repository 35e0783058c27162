//! Keys of ours on objects of kinds that aren't ours.

use super::node::{Entry, Node, Value};
use crate::model::Rejected;
use crate::source::lower::Among;

/// Tells of every key of ours in the metadata of an object of this kind, and in that of the templates of its pods: the line,
/// and what is to be said.
pub fn astray(kind: &str, object: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    in_metadata(kind, object, tell);
    in_templates(object, tell);
}

fn in_templates(node: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    match &node.value {
        Value::Plain(_) | Value::Quoted(_) => {}
        Value::Sequence(nodes) => nodes.iter().for_each(|node| in_templates(node, tell)),
        Value::Mapping(entries) => {
            for Entry { key, line: _, node, earlier: _ } in entries {
                if key == "template" {
                    in_metadata("Pod", node, tell);
                }
                in_templates(node, tell);
            }
        }
    }
}

fn in_metadata(kind: &str, object: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    let Some(metadata) = object.get("metadata") else { return };
    for among in [Among::Annotations, Among::Labels] {
        let Some(Node { line: _, value: Value::Mapping(entries) }) = metadata.get(among.field()) else { continue };
        for Entry { key, line, node: _, earlier: _ } in entries {
            if let Some(message) = among.astray(kind, key) {
                tell(*line, format!("the {} {} {message}", among.noun(), Rejected::shorten(key)));
            }
        }
    }
}
