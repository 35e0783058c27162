//! Finds the Service with the most similar name.

use super::Key;

/// Finds, among all Services, the one whose name is most like one that doesn't exist.
#[derive(Debug)]
pub struct NearestService {
    wanted: Key,
    spoken: String,
    best: Option<(usize, Key)>,
}

impl NearestService {
    /// Nothing that is longer, in bytes, is the name of a Service and its namespace: two DNS labels and a dot.
    const MAX_BYTES: usize = 127;

    /// Nothing has been looked at yet.
    pub fn new(wanted: Key) -> Self {
        let spoken = spoken(&wanted);
        Self { wanted, spoken, best: None }
    }

    /// Looks at one Service. The same name in another namespace is like it, whatever the namespaces are called.
    pub fn consider(&mut self, key: &Key) {
        let candidate = spoken(key);
        // Of the name alone: the namespace is mostly right, and would make short names like each other.
        let tolerated = (self.wanted.name.len() / 3).max(1);
        let same_name = key.name == self.wanted.name;
        let too_long = self.spoken.len() > Self::MAX_BYTES || candidate.len() > Self::MAX_BYTES;
        if too_long || (!same_name && candidate.len().abs_diff(self.spoken.len()) > tolerated) {
            return;
        }
        let distance = strsim::osa_distance(&self.spoken, &candidate);
        let is_nearer = self.best.as_ref().is_none_or(|(best, _)| distance < *best);
        if is_nearer && (same_name || distance <= tolerated) {
            self.best = Some((distance, key.clone()));
        }
    }

    /// The nearest of those looked at, if one is near.
    pub fn found(self) -> Option<Key> {
        self.best.map(|(_, key)| key)
    }
}

/// As users write it.
fn spoken(Key { namespace, name }: &Key) -> String {
    format!("{name}.{namespace}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(wanted: &str, known: &[&str]) -> Option<String> {
        let key = |text: &str| {
            let (name, namespace) = text.split_once('.').unwrap();
            Key::new(namespace, name)
        };
        let mut nearest = NearestService::new(key(wanted));
        for known in known {
            nearest.consider(&key(known));
        }
        nearest.found().map(|key| spoken(&key))
    }

    #[test]
    fn the_most_similar_name_is_near_and_the_same_name_elsewhere_too() {
        let known = ["cart.shop", "card.bank", "checkout.shop", "mail.default"];
        let cases = [
            ("crat.shop", Some("cart.shop")),
            ("cart.shpo", Some("cart.shop")),
            ("cart.production", Some("cart.shop")),
            ("card.shop", Some("cart.shop")),
            ("checkuot.shop", Some("checkout.shop")),
            ("something-else.entirely", None),
            ("größe.ñ", None),
            (&format!("{}.shop", "c".repeat(1_000_000)), None),
        ];
        for (wanted, expected) in cases {
            assert_eq!(nearest(wanted, &known).as_deref(), expected, "{wanted:.80}");
        }
        assert_eq!(nearest("cart.shop", &[]), None);
    }
}
