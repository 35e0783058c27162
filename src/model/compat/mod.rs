//! What the annotations of other products mean in ours: for those who come from one and don't want to edit first.
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

pub(in crate::model) use ambassador::ANNOTATION as OPT_IN;
pub use ambassador::{Mapping, is_mapping};
use draft::Draft;
pub use draft::{Place, Setting, Translation};
pub use product::{Compat, Product, UnknownProduct};

use super::Key;

/// Translates the annotations of a Service, and Mappings that stand elsewhere and name it.
pub fn translate(
    compat: Compat,
    service: &Key,
    annotations: &BTreeMap<String, String>,
    mappings: &[Mapping],
) -> Translation {
    let mut draft = Draft::new(service);
    for product in Product::ALL.into_iter().filter(|product| compat.reads(*product)) {
        match product {
            Product::Lmwn => lmwn::translate(annotations, &mut draft),
            Product::Contour => contour::translate(annotations, &mut draft),
            Product::Linkerd => linkerd::translate(annotations, &mut draft),
            Product::Ambassador => ambassador::translate(annotations, mappings, &mut draft),
        }
    }
    draft.finish()
}

/// The annotations that begin with `prefix`, without it.
fn under<'a>(
    annotations: &'a BTreeMap<String, String>,
    prefix: &'static str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = annotations.range(prefix.to_owned()..);
    all.map_while(move |(name, text)| Some((name.strip_prefix(prefix)?, text.trim())))
}
