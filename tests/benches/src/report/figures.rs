//! Some numbers of one thing, and what is said of them.

use serde::{Deserialize, Serialize};

/// Numbers, sorted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(Vec<f64>);

impl Figures {
    /// The number below which this share of them is (nearest rank); not a number if there are none.
    pub fn at(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a count is an index"
        )]
        let index = (last as f64 * share.clamp(0.0, 1.0)).round() as usize;
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }

    /// The number in the middle.
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, from the least to the greatest.
    pub fn iter(&self) -> impl Iterator<Item = f64> {
        self.0.iter().copied()
    }

    /// A hundred and one of them, from the least to the greatest, which is enough to draw.
    #[must_use]
    pub fn sketch(&self) -> Self {
        if self.0.is_empty() {
            Self::default()
        } else {
            Self((0..=100).map(|percent| self.at(f64::from(percent) / 100.0)).collect())
        }
    }
}

impl FromIterator<f64> for Figures {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        Self(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::Figures;

    #[test]
    fn shares_are_of_the_sorted_numbers() {
        let figures: Figures = [5.0, 1.0, 4.0, 2.0, 3.0, f64::NAN].into_iter().collect();
        assert_eq!(figures.iter().collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!([0.0, 0.5, 1.0].map(|share| Some(figures.at(share))), [1.0, 3.0, 5.0].map(Some));
        assert!(Figures::default().median().is_nan());
        assert_eq!(figures.sketch().len(), 101);
        assert_eq!(Some(figures.sketch().median()), Some(3.0));
    }
}
