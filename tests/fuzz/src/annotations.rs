//! The annotation parser.

use std::collections::BTreeMap;

use chancery::model::settings::{PREFIX, Settings};
use chancery::model::{Key, Kind, ObjectRef};

/// How many lines of a complaint a user would read.
const MAX_MESSAGE_BYTES: usize = 4096;

/// Lines of `name=value`, each an annotation under our prefix, of a Service and of a Namespace.
///
/// Every complaint names the annotation it is about, and is of a sane length.
pub fn annotations(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let annotations: BTreeMap<String, String> =
        pairs.map(|(name, value)| (format!("{PREFIX}{name}"), value.to_owned())).collect();
    for object in
        [ObjectRef::service(&Key::new("shop", "cart")), ObjectRef::Object(Kind::Namespace, Key::new("", "shop"))]
    {
        let (settings, rejected) = Settings::parse(&object, &annotations);
        assert_eq!(Settings::parse(&object, &annotations).0, settings, "not the same when parsed again");
        for rejected in rejected {
            let message = rejected.to_string();
            // Names that users give may be as long as they like.
            let longest = MAX_MESSAGE_BYTES + 4 * bytes.len();
            assert!(message.len() <= longest, "{} bytes of complaint", message.len());
        }
    }
}
