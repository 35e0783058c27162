//! Translates the annotations of other products into settings.
//!
//! ```text
//! xds.lmwn.com/…          ─▶ lmwn ───────┐
//! projectcontour.io/…     ─▶ contour ────┼──▶ Draft ──▶ Translation ──▶ settings::Translated, our own parser
//! {retry,timeout,balancer}.linkerd.io/… ─▶ linkerd ─┤      name, text, place
//! getambassador.io/config ─▶ ambassador ─┘
//! ```
//!
//! Nothing is judged here that our own parser can judge: a value is passed on as it stands, and what the parser says of it
//! names the place where it was written. What has no counterpart is said, too. Of two that say the same setting the first
//! in the order of [`Product::ALL`] has it.
//!
//! Only a Mapping opts a Service in, as it does with Emissary. The other products serve every Service, and their
//! annotations only refine how.

mod ambassador;
mod contour;
mod draft;
mod duration;
mod linkerd;
mod lmwn;
mod product;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use ambassador::{
    ANNOTATION as OPT_IN, Destination, Mapping, MappingRef, is_mapping, is_mapping_of_other_version, is_tcp_mapping,
    not_read,
};
use draft::Draft;
pub use draft::{AnnotationField, TranslatedSetting, Translation};
pub use product::{Compat, Product, UnknownProduct};

use super::object::Port;
use super::{Key, Rejected};

/// A Service, as far as its translation goes.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its namespace and name.
    pub key: &'a Key,
    /// All its annotations.
    pub annotations: &'a BTreeMap<String, String>,
    /// Its TCP ports; none if nobody knows them.
    pub ports: Option<&'a [Port]>,
    /// Whether it is an `ExternalName`, which has no pods.
    pub external_name: bool,
}

/// Which Mappings are about a Service.
#[derive(Debug, Clone, Copy)]
pub enum Mappings<'a> {
    /// Those in its own annotation that name it. The others are said.
    Own,
    /// These, and the annotation isn't looked at.
    These(&'a [Mapping]),
}

/// Translates the annotations of a Service, and the Mappings that are about it.
pub fn translate(compat: Compat, subject: Subject<'_>, mappings: Mappings<'_>) -> Translation {
    let mut draft = Draft::new(subject);
    let annotations = subject.annotations;
    for product in Product::ALL.into_iter().filter(|product| compat.reads(*product)) {
        match product {
            Product::Lmwn => lmwn::translate(annotations, &mut draft),
            Product::Contour => contour::translate(annotations, &mut draft),
            Product::Linkerd => linkerd::translate(annotations, &mut draft),
            Product::Ambassador => match mappings {
                Mappings::Own => {
                    let own = ambassador::embedded(annotations, &mut draft);
                    ambassador::translate(&own, &mut draft);
                }
                Mappings::These(mappings) => ambassador::translate(mappings, &mut draft),
            },
        }
    }
    draft.finish()
}

/// The Mappings in the annotation of an object, whichever Services they name, and what of it can't be read. An object that is
/// no Service passes for one of its namespace and name.
pub fn embedded(carrier: &Key, annotations: &BTreeMap<String, String>) -> (Vec<Mapping>, Vec<Rejected>) {
    let mut draft = Draft::new(Subject { key: carrier, annotations, ports: None, external_name: false });
    let mappings = ambassador::embedded(annotations, &mut draft);
    (mappings, draft.finish().rejected)
}

/// The annotations that begin with `prefix`, without it.
fn under<'a>(
    annotations: &'a BTreeMap<String, String>,
    prefix: &'static str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = annotations.range(prefix.to_owned()..);
    all.map_while(move |(name, text)| Some((name.strip_prefix(prefix)?, text.trim())))
}
