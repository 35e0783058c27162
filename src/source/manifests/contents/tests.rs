use std::sync::Arc;

use super::Contents;
use crate::source::objects::Conversion;

fn service(name: &str) -> String {
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 1}}]}}\n")
}

#[test]
fn only_changed_documents_are_parsed_again() {
    let read = |text: &str, before| Contents::read(text.as_bytes(), before, Conversion::default());
    let before = read(&format!("---\n{}---\n{}", service("a"), service("b")), None);
    let after = read(&format!("---\n{}---\n{}---\n{}", service("x"), service("a"), service("c")), Some(&before));
    let is_old = |located: &Arc<_>| before.slots().any(|slot| Arc::ptr_eq(&slot.located, located));
    let slots: Vec<_> = after.slots().map(|slot| (slot.id().to_string(), slot.line(), is_old(&slot.located))).collect();
    let slot = |name: &str, line, is_old| (format!("Service default/{name}"), line, is_old);
    assert_eq!(slots, [slot("x", 2, false), slot("a", 7, true), slot("c", 12, false)]);
}
