//! A row of the table: a target, and what was measured of it.

use std::collections::BTreeMap;
use std::fmt;

use super::summary::{Summary, digits};
use crate::subject::Kind;

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// The unit of all its numbers.
    pub unit: &'static str,
    /// What was measured of each server.
    pub cells: BTreeMap<Kind, Summary>,
    /// What Chancery is to reach.
    pub target: Target,
    /// Whether it was only to see that it works.
    pub quick: bool,
}

/// What Chancery is to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The median is no more.
    AtMost(f64),
    /// The median is no less.
    AtLeast(f64),
    /// It has no number, and is shown because it explains others.
    None,
}

/// What is said of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is met, and every client got everything in every round.
    Met,
    /// It isn't, or some client didn't get everything.
    NotMet,
    /// Nothing was measured.
    NotMeasured,
    /// It was a run to see that it works.
    Quick,
    /// There is nothing to meet.
    None,
}

impl Row {
    /// What was measured of Chancery.
    pub fn chancery(&self) -> Option<&Summary> {
        self.cells.get(&Kind::Chancery).filter(|summary| summary.is_measured())
    }

    /// Whether the target is met.
    pub fn verdict(&self) -> Verdict {
        let Some(summary) = self.chancery() else { return Verdict::NotMeasured };
        if self.quick {
            return Verdict::Quick;
        }
        let meets = |meets: fn(&f64, &f64) -> bool, target: f64| {
            if summary.is_whole() && summary.median().is_some_and(|median| meets(&median, &target)) {
                Verdict::Met
            } else {
                Verdict::NotMet
            }
        };
        match self.target {
            Target::AtMost(most) => meets(f64::le, most),
            Target::AtLeast(least) => meets(f64::ge, least),
            Target::None => Verdict::None,
        }
    }

    /// What the table says of a server.
    pub fn cell(&self, kind: Kind) -> String {
        let summary = self.cells.get(&kind).filter(|summary| summary.is_measured());
        summary.map_or_else(|| "–".to_owned(), Summary::to_string)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {}", short(*most)),
            Self::AtLeast(least) => write!(f, "≥ {}", short(*least)),
            Self::None => f.write_str("–"),
        }
    }
}

/// A number that somebody chose: without digits that say nothing.
fn short(number: f64) -> String {
    let text = digits(number);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::NotMeasured => "not measured",
            Self::Quick => "quick run",
            Self::None => "–",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::Round;
    use super::{Kind, Row, Target, Verdict};

    fn row(target: Target, rounds: &[Round]) -> Row {
        let cells = [(Kind::Chancery, rounds.iter().copied().collect())].into();
        Row { what: "it".into(), unit: "ms", cells, target, quick: false }
    }

    #[test]
    fn the_median_meets_the_target() {
        let rounds = [10.0, 20.0, 90.0].map(Round::of);
        assert_eq!(row(Target::AtMost(20.0), &rounds).verdict(), Verdict::Met);
        assert_eq!(row(Target::AtMost(19.9), &rounds).verdict(), Verdict::NotMet);
        assert_eq!(row(Target::AtLeast(20.0), &rounds).verdict(), Verdict::Met);
        assert_eq!(row(Target::AtLeast(20.1), &rounds).verdict(), Verdict::NotMet);
        assert_eq!(row(Target::None, &rounds).verdict(), Verdict::None);
    }

    #[test]
    fn nothing_is_met_by_clients_that_miss_something() {
        let fast = Round::of(1.0);
        assert_eq!(row(Target::AtMost(20.0), &[fast, Round { lost: 1, ..fast }]).verdict(), Verdict::NotMet);
        assert_eq!(row(Target::AtMost(20.0), &[fast, Round { complete: false, ..fast }]).verdict(), Verdict::NotMet);
        let never = Round { value: None, complete: false, ..fast };
        assert_eq!(row(Target::AtMost(20.0), &[never]).verdict(), Verdict::NotMet);
    }

    #[test]
    fn what_is_missing_is_said() {
        let missing = row(Target::AtMost(20.0), &[]);
        assert_eq!(missing.verdict(), Verdict::NotMeasured);
        assert_eq!([Kind::Chancery, Kind::Linear].map(|kind| missing.cell(kind)), ["–", "–"]);
    }

    #[test]
    fn a_quick_run_meets_nothing() {
        let row = Row { quick: true, ..row(Target::AtMost(20.0), &[Round::of(1.0)]) };
        assert_eq!(row.verdict(), Verdict::Quick);
    }

    #[test]
    fn targets_are_short() {
        let targets = [Target::AtMost(20.0), Target::AtMost(0.3), Target::AtMost(1.2), Target::AtLeast(1000.0)];
        assert_eq!(targets.map(|target| target.to_string()), ["≤ 20", "≤ 0.3", "≤ 1.2", "≥ 1000"]);
    }
}
