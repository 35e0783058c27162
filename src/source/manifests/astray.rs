//! Keys of ours on objects of kinds that aren't ours.

use super::node::{Entry, Node, Value};
use crate::model::Rejected;
use crate::model::settings::PREFIX;
use crate::source::objects::Among;

/// Tells of every key of ours in the metadata of an object of this kind, and in that of the templates of its pods: the line,
/// and what is to be said.
pub fn astray(api_version: &str, kind: &str, object: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    in_metadata(api_version, kind, object, tell);
    in_templates(object, tell);
}

/// Tells of every key of ours in a Service or Namespace that stands neither among its annotations nor among its labels, as
/// when they are indented too little or too far.
pub fn misplaced(object: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    let Value::Mapping(entries) = &object.value else { return };
    for Entry { key, line, node, earlier: _ } in entries {
        match key.as_ref() {
            "metadata" => misplaced_in(key, *line, node, &["annotations", "labels", "managedFields"], tell),
            // A selector names labels of pods, whatever they are.
            _ => misplaced_in(key, *line, node, &["selector"], tell),
        }
    }
}

fn misplaced_in(key: &str, line: u32, node: &Node<'_>, except: &[&str], tell: &mut impl FnMut(u32, String)) {
    if key.starts_with(PREFIX) {
        let message = "has no effect here; expected in metadata.annotations (look at the indentation)";
        tell(line, format!("{} {message}", Rejected::shorten(key)));
    }
    match &node.value {
        Value::Plain(_) | Value::Quoted(_) => {}
        Value::Sequence(nodes) => nodes.iter().for_each(|node| misplaced_in("", node.line, node, except, tell)),
        Value::Mapping(entries) => {
            for Entry { key, line, node, earlier: _ } in entries {
                if !except.contains(&key.as_ref()) {
                    misplaced_in(key, *line, node, except, tell);
                }
            }
        }
    }
}

fn in_templates(node: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    match &node.value {
        Value::Plain(_) | Value::Quoted(_) => {}
        Value::Sequence(nodes) => nodes.iter().for_each(|node| in_templates(node, tell)),
        Value::Mapping(entries) => {
            for Entry { key, line: _, node, earlier: _ } in entries {
                if key == "template" {
                    in_metadata("v1", "Pod", node, tell);
                }
                in_templates(node, tell);
            }
        }
    }
}

fn in_metadata(api_version: &str, kind: &str, object: &Node<'_>, tell: &mut impl FnMut(u32, String)) {
    let Some(metadata) = object.get("metadata") else { return };
    for among in [Among::Annotations, Among::Labels] {
        let Some(Node { line: _, value: Value::Mapping(entries) }) = metadata.get(among.field()) else { continue };
        for Entry { key, line, node: _, earlier: _ } in entries {
            if let Some(message) = among.astray(api_version, kind, key) {
                tell(*line, format!("the {} {} {message}", among.noun(), Rejected::shorten(key)));
            }
        }
    }
}
