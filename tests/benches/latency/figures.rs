//! Durations, and what is said of them.

use std::time::Duration;

/// Some durations of one thing.
#[derive(Debug, Default)]
pub struct Figures(Vec<Duration>);

impl Figures {
    /// Adds one.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// Prints minimum, median, 99th percentile and maximum.
    pub fn print(&mut self, what: &str) {
        self.0.sort_unstable();
        let at = |share: f64| {
            let last = self.0.len().saturating_sub(1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an index"
            )]
            let index = (last as f64 * share).round() as usize;
            self.0.get(index).map_or(f64::NAN, |duration| duration.as_secs_f64() * 1e3)
        };
        println!(
            "{what:<58} min {:7.2}  median {:7.2}  p99 {:7.2}  max {:7.2} ms  (n = {})",
            at(0.0),
            at(0.5),
            at(0.99),
            at(1.0),
            self.0.len()
        );
    }
}
