//! Warns about annotations on other kinds of objects.

use super::node::{Entry, Node};
use crate::model::Rejected;
use crate::model::settings::PREFIX;
use crate::source::objects::Among;

/// Tells of every key of ours in the metadata of an object of this kind, and in that of the templates of its pods: the line,
/// and what is to be said.
pub fn astray(api_version: &str, kind: &str, object: &Node, tell: &mut impl FnMut(u32, String)) {
    in_metadata(api_version, kind, object, tell);
    in_templates(object, tell);
}

/// Tells of every key of ours in a Service or Namespace that stands neither among its annotations nor among its labels, as
/// when they are indented too little or too far.
pub fn misplaced(object: &Node, tell: &mut impl FnMut(u32, String)) {
    for Entry { key, line, node, earlier: _ } in object.entries() {
        match &**key {
            "metadata" => misplaced_in(key, *line, node, &["annotations", "labels", "managedFields"], tell),
            // A selector names labels of pods, whatever they are.
            _ => misplaced_in(key, *line, node, &["selector"], tell),
        }
    }
}

fn misplaced_in(key: &str, line: u32, node: &Node, except: &[&str], tell: &mut impl FnMut(u32, String)) {
    if key.starts_with(PREFIX) {
        let message = "has no effect here; expected in metadata.annotations (look at the indentation)";
        tell(line, format!("{} {message}", Rejected::shorten(key)));
    }
    for (key, line, node) in node.parts().filter(|(key, ..)| !except.contains(key)) {
        misplaced_in(key, line, node, except, tell);
    }
}

fn in_templates(node: &Node, tell: &mut impl FnMut(u32, String)) {
    for (key, _, node) in node.parts() {
        if key == "template" {
            in_metadata("v1", "Pod", node, tell);
        }
        in_templates(node, tell);
    }
}

fn in_metadata(api_version: &str, kind: &str, object: &Node, tell: &mut impl FnMut(u32, String)) {
    for among in [Among::Annotations, Among::Labels] {
        for entry in object.metadata(among.field()).map_or(&[][..], Node::entries) {
            if let Some(message) = among.astray(api_version, kind, &entry.key) {
                tell(entry.line, format!("the {} {} {message}", among.noun(), Rejected::shorten(&entry.key)));
            }
        }
    }
}
