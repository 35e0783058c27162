//! The supported products, and the selection of `--compat`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::model::Rejected;
use crate::model::settings::nearest;

/// Another product whose annotations can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// wongnai/xds.
    Lmwn,
    /// Contour.
    Contour,
    /// Linkerd.
    Linkerd,
    /// Emissary-ingress, which was Ambassador.
    Ambassador,
}

/// Which products are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compat(u8);

/// A word that is the name of no product.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("\"{word}\" is no product whose annotations can be read{near}; expected {expected} or {ALL}")]
pub struct UnknownProduct {
    word: String,
    near: String,
    expected: String,
}

/// The word for every product.
const ALL: &str = "all";

/// What people call the products, beside their domains.
const NICKNAMES: [(&str, Product); 7] = [
    ("wongnai", Product::Lmwn),
    ("lmwn", Product::Lmwn),
    ("contour", Product::Contour),
    ("linkerd", Product::Linkerd),
    ("ambassador", Product::Ambassador),
    ("emissary", Product::Ambassador),
    ("emissary-ingress", Product::Ambassador),
];

impl Product {
    /// Every product; an earlier one wins over a later one.
    pub const ALL: [Self; 4] = [Self::Lmwn, Self::Contour, Self::Linkerd, Self::Ambassador];

    /// The domain of its annotations, which is its name here.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lmwn => "xds.lmwn.com",
            Self::Contour => "projectcontour.io",
            Self::Linkerd => "linkerd.io",
            Self::Ambassador => "getambassador.io",
        }
    }

    /// Whether an annotation of this name is one of its own.
    pub fn has(self, annotation: &str) -> bool {
        let domain = annotation.split_once('/').map(|(domain, _)| domain);
        domain
            .and_then(|domain| domain.strip_suffix(self.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Compat {
    /// Every product.
    pub const ALL: Self = Self(u8::MAX);

    /// Whether this product is read.
    pub const fn reads(self, product: Product) -> bool {
        self.0 & product.bit() != 0
    }
}

impl From<Product> for Compat {
    fn from(product: Product) -> Self {
        Self(product.bit())
    }
}

/// Whatever one of them reads.
impl FromIterator<Self> for Compat {
    fn from_iter<T: IntoIterator<Item = Self>>(each: T) -> Self {
        Self(each.into_iter().fold(0, |all, Self(one)| all | one))
    }
}

/// The name of a product, `all`, or nothing at all.
impl FromStr for Compat {
    type Err = UnknownProduct;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = text.trim();
        match Product::ALL.into_iter().find(|product| product.as_str() == word) {
            Some(product) => Ok(product.into()),
            None if word == ALL => Ok(Self::ALL),
            None if word.is_empty() => Ok(Self::default()),
            None => Err(UnknownProduct::new(word)),
        }
    }
}

impl UnknownProduct {
    fn new(word: &str) -> Self {
        let domains = Product::ALL.map(Product::as_str);
        let lower = word.to_lowercase();
        let nickname = NICKNAMES.iter().find(|(nickname, _)| *nickname == lower).map(|(_, product)| product.as_str());
        let near = nickname.or_else(|| nearest(word, domains.into_iter().chain([ALL])));
        Self {
            word: Rejected::shorten(word),
            near: near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default(),
            expected: domains.join(", "),
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
