//! Versions: hashes of content.

use std::fmt;

use twox_hash::XxHash3_128;

/// The version of a resource: a 128-bit hash of its encoded bytes.
///
/// Same content, same version, on every replica and after every restart; so a client that reconnects elsewhere with
/// its versions is resent nothing that it already holds. The hash isn't cryptographic: whoever could craft a collision
/// could only hide a change of a resource that is their own anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Version(u128);

impl Version {
    /// The version of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(XxHash3_128::oneshot(bytes))
    }

    /// The version that a client reported, if it is one that Chancery could have given.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// Adds a named resource's version to a sum over a set, in any order.
    ///
    /// The sum over a set of (name, version) pairs is the version of the set: it can be kept up to date by adding what
    /// came and [subtracting](Self::without) what went, in constant time per change.
    #[must_use]
    pub fn with(self, name: &str, version: Self) -> Self {
        Self(self.0.wrapping_add(entry_hash(name, version)))
    }

    /// Takes a named resource's version out of a sum over a set; the inverse of [`Self::with`].
    #[must_use]
    pub fn without(self, name: &str, version: Self) -> Self {
        Self(self.0.wrapping_sub(entry_hash(name, version)))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

fn entry_hash(name: &str, version: Version) -> u128 {
    let mut bytes = Vec::with_capacity(name.len() + 16);
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&version.0.to_be_bytes());
    XxHash3_128::oneshot(&bytes)
}
