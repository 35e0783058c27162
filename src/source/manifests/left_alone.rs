//! Counts files and objects that don't take part.

use std::fmt;

use super::template;

/// How much there is in manifests that isn't ours, and of which nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftAlone {
    /// Files without a Kubernetes object.
    pub foreign: usize,
    /// Documents that are no Kubernetes objects, in files with some.
    pub among_objects: usize,
    /// Templates of manifests, by file.
    pub templates: usize,
    /// Files that can't be parsed.
    pub unparsable: usize,
    /// Objects that can't be used.
    pub unusable: usize,
    /// Objects that stand somewhere else, too.
    pub repeated: usize,
    /// Objects besides Services that say what Emissary does, where its annotations are read.
    pub mappings: usize,
}

impl LeftAlone {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `12 files that hold no Kubernetes object, 3 Helm templates (…)`.
impl fmt::Display for LeftAlone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foreign, among_objects, templates, unparsable, unusable, repeated, mappings } = *self;
        let rendered = format!(" ({})", template::ADVICE);
        let parts = [
            (foreign, "file", " without Kubernetes objects"),
            (among_objects, "document", " without apiVersion and kind, among objects"),
            (templates, "Helm template", rendered.as_str()),
            (unparsable, "file", " that can't be parsed"),
            (unusable, "object", " that can't be used and doesn't take part"),
            (repeated, "object", " that stands elsewhere, too, and doesn't take part"),
            (
                mappings,
                "object",
                " with Mappings of Emissary (chancery convert writes them onto the Services they name)",
            ),
        ];
        let mut separator = "";
        for (count, noun, what) in parts.into_iter().filter(|(count, ..)| *count > 0) {
            let (plural, what) = if count == 1 {
                ("", what.to_owned())
            } else {
                ("s", what.replace("doesn't", "don't").replace("stands", "stand").replace("render it", "render them"))
            };
            write!(f, "{separator}{count} {noun}{plural}{what}")?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LeftAlone;

    #[test]
    fn it_is_one_line() {
        assert!(LeftAlone::default().is_empty());
        let one = LeftAlone {
            foreign: 1,
            among_objects: 1,
            templates: 1,
            unparsable: 1,
            unusable: 1,
            repeated: 1,
            mappings: 1,
        };
        assert_eq!(
            one.to_string(),
            "1 file without Kubernetes objects, 1 document without apiVersion and kind, among objects, 1 Helm template \
             (render it first: helm template … | chancery lint -), 1 file that can't be parsed, 1 object that can't be used \
             and doesn't take part, 1 object that stands elsewhere, too, and doesn't take part, 1 object with Mappings of Emissary \
             (chancery convert writes them onto the Services they name)"
        );
        let some = LeftAlone { foreign: 12, unusable: 2, ..LeftAlone::default() };
        assert_eq!(
            some.to_string(),
            "12 files without Kubernetes objects, 2 objects that can't be used and don't take part"
        );
    }
}
