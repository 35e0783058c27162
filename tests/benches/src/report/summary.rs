//! One figure of one server, over all rounds.

use std::fmt;

use super::Figures;

/// What one round says of something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Round {
    /// The round's figure; none, or not a number, if there is none.
    pub value: Option<f64>,
    /// Changes that not every client had in time: the figure is then of those who had them.
    pub lost: usize,
    /// Whether all clients got everything that they asked for.
    pub complete: bool,
    /// Whether the figure is only as far as was tried, and there may be more to it.
    pub at_least: bool,
}

impl Round {
    /// One in which all went well.
    pub const fn of(value: f64) -> Self {
        Self { value: Some(value), lost: 0, complete: true, at_least: false }
    }

    /// The ratio of two figures of the same round, which is no better than either.
    pub fn over(self, base: Self) -> Self {
        Self {
            value: self.value.zip(base.value).map(|(value, base)| value / base),
            lost: self.lost + base.lost,
            complete: self.complete && base.complete,
            at_least: false,
        }
    }
}

/// What all rounds say of something.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    figures: Figures,
    rounds: usize,
    lost: usize,
    incomplete: usize,
    at_least: bool,
}

impl FromIterator<Round> for Summary {
    fn from_iter<I: IntoIterator<Item = Round>>(rounds: I) -> Self {
        let rounds: Vec<Round> = rounds.into_iter().collect();
        Self {
            figures: rounds.iter().filter_map(|round| round.value).collect(),
            rounds: rounds.len(),
            lost: rounds.iter().map(|round| round.lost).sum(),
            incomplete: rounds.iter().filter(|round| !round.complete).count(),
            at_least: rounds.iter().any(|round| round.at_least),
        }
    }
}

impl Summary {
    /// The median over the rounds; none if no round has a figure.
    pub fn median(&self) -> Option<f64> {
        (!self.figures.is_empty()).then(|| self.figures.median())
    }

    /// The least and the greatest of the rounds' figures.
    pub fn spread(&self) -> (f64, f64) {
        (self.figures.at(0.0), self.figures.at(1.0))
    }

    /// Whether it was measured at all.
    pub const fn is_measured(&self) -> bool {
        self.rounds > 0
    }

    /// Whether every client got everything, in every round.
    pub const fn is_whole(&self) -> bool {
        self.lost == 0 && self.incomplete == 0
    }
}

impl Summary {
    /// What went wrong: nothing, or more to say after the figure.
    pub fn faults(&self) -> String {
        let lost = match self.lost {
            0 => String::new(),
            1 => ", 1 change lost".to_owned(),
            lost => format!(", {lost} changes lost"),
        };
        match self.incomplete {
            0 => lost,
            incomplete => format!("{lost}, clients incomplete in {incomplete} of {} rounds", self.rounds),
        }
    }
}

impl fmt::Display for Summary {
    /// `12.3 (11.9–14.0)`, and what went wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(median) = self.median() {
            let (least, greatest) = self.spread();
            let more = if self.at_least { "≥ " } else { "" };
            write!(f, "{more}{} ({}–{})", digits(median), digits(least), digits(greatest))?;
        } else {
            f.write_str("no figure")?;
        }
        f.write_str(&self.faults())
    }
}

/// A number with three digits that count, or all of those before the point; a count has no others.
pub fn digits(number: f64) -> String {
    let decimals = match number.abs() {
        _ if number.fract() == 0.0 => 0,
        small if small < 9.995 => 2,
        middle if middle < 99.95 => 1,
        _ => 0,
    };
    let text = format!("{number:.decimals$}");
    let whole = text.split('.').next().unwrap_or_default().trim_start_matches('-').len();
    if whole <= 4 {
        return text;
    }
    // Five digits and more are read in threes.
    let mut grouped = String::new();
    for (index, digit) in text.chars().enumerate() {
        let left = text.len() - index;
        if index > 0 && left % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{Round, Summary, digits};

    fn summary(rounds: &[Round]) -> Summary {
        rounds.iter().copied().collect()
    }

    #[test]
    fn the_median_of_the_rounds_with_the_spread() {
        let summary = summary(&[15.0, 11.0, 12.0, 30.0, 12.5].map(Round::of));
        assert_eq!(summary.median(), Some(12.5));
        assert_eq!(summary.spread(), (11.0, 30.0));
        assert_eq!(summary.to_string(), "12.5 (11–30)");
    }

    #[test]
    fn what_was_lost_is_said() {
        let lost = |lost| Round { lost, ..Round::of(1.0) };
        assert_eq!(summary(&[lost(0), lost(1)]).to_string(), "1 (1–1), 1 change lost");
        assert_eq!(summary(&[lost(2), lost(1)]).to_string(), "1 (1–1), 3 changes lost");
        assert!(!summary(&[lost(1)]).is_whole());
        let never = Round { value: None, complete: false, ..Round::of(0.0) };
        assert_eq!(summary(&[Round::of(7.0), never]).to_string(), "7 (7–7), clients incomplete in 1 of 2 rounds");
        assert_eq!(summary(&[never, never]).to_string(), "no figure, clients incomplete in 2 of 2 rounds");
        assert_eq!(summary(&[Round::of(f64::NAN)]).to_string(), "no figure");
    }

    #[test]
    fn more_than_was_tried_is_said() {
        let open = Round { at_least: true, ..Round::of(800.0) };
        assert_eq!(summary(&[Round::of(400.0), open, open]).to_string(), "≥ 800 (400–800)");
    }

    #[test]
    fn a_ratio_has_the_faults_of_both() {
        let (base, other) = (Round { lost: 1, ..Round::of(2.0) }, Round { complete: false, ..Round::of(3.0) });
        assert_eq!(other.over(base), Round { lost: 1, complete: false, ..Round::of(1.5) });
        assert_eq!(Round { value: None, ..base }.over(base).value, None);
    }

    #[test]
    fn three_digits() {
        let numbers = [0.0, 0.304, 9.994, 9.996, 56.78, 99.96, 945.4, 2545.0, 12_345.0, 1_234_567.0, -0.25, -123_456.0];
        let texts =
            ["0", "0.30", "9.99", "10.0", "56.8", "100", "945", "2545", "12,345", "1,234,567", "-0.25", "-123,456"];
        assert_eq!(numbers.map(digits), texts);
    }
}
