//! An axis: where a number is on it, and which numbers are written beside it.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, KeyPointWeight, NoDefaultFormatting, Ranged, ValueFormatter};

use super::super::summary::digits;

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What it shows, with its unit.
    pub title: String,
    scale: Scale,
    from: f64,
    to: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Even,
    Logarithmic,
}

impl Axis {
    /// An axis from one number to another.
    pub fn even(title: impl Into<String>, from: f64, to: f64) -> Self {
        Self { title: title.into(), scale: Scale::Even, from, to }
    }

    /// A logarithmic axis on which all of these are that are greater than zero.
    pub fn logarithmic(title: impl Into<String>, numbers: impl Iterator<Item = f64>) -> Self {
        let (least, greatest) = numbers
            .filter(|number| *number > 0.0)
            .fold((f64::INFINITY, 0.0), |(least, greatest), number| (number.min(least), number.max(greatest)));
        let (from, to) = if least.is_finite() { (least / 1.25, greatest * 1.25) } else { (0.1, 10.0) };
        Self { title: title.into(), scale: Scale::Logarithmic, from, to }
    }

    /// The same, longer by a quarter, so that labels have room behind the last point.
    #[must_use]
    pub fn with_room(self) -> Self {
        let to = match self.scale {
            Scale::Even => self.to + (self.to - self.from) / 4.0,
            Scale::Logarithmic => self.to * (self.to / self.from).powf(0.25),
        };
        Self { to, ..self }
    }

    /// Which share of its length is before a number; what a logarithm doesn't have is at the beginning.
    fn share(&self, number: f64) -> f64 {
        match self.scale {
            Scale::Even => (number - self.from) / (self.to - self.from),
            Scale::Logarithmic => (number.max(self.from) / self.from).ln() / (self.to / self.from).ln(),
        }
    }

    /// The numbers that are written.
    fn ticks(&self) -> Vec<f64> {
        match self.scale {
            Scale::Even => even(self.from, self.to),
            Scale::Logarithmic => logarithmic(self.from, self.to),
        }
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, number: &f64, (begin, end): (i32, i32)) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "pixels of a chart")]
        let along = (f64::from(end - begin) * self.share(*number)).round() as i32;
        begin + along
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if matches!(hint.weight(), KeyPointWeight::Bold) { self.ticks() } else { Vec::new() }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(number: &f64) -> String {
        let text = digits(*number);
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        if text == "-0" { "0".to_owned() } else { text.to_owned() }
    }
}

/// Between four and ten numbers that are 1, 2 or 5 times a power of ten apart.
fn even(from: f64, to: f64) -> Vec<f64> {
    let power = 10_f64.powf(((to - from) / 5.0).log10().floor());
    let step = [1.0, 2.0, 5.0].map(|factor| factor * power).into_iter().find(|step| (to - from) / step <= 10.0);
    let step = step.unwrap_or(10.0 * power);
    let first = (from / step).ceil();
    (0..20).map(|index| (first + f64::from(index)) * step).take_while(|number| *number <= to + step * 1e-9).collect()
}

/// 1, 2 and 5 times each power of ten, or only the powers if there are more than three of them.
fn logarithmic(from: f64, to: f64) -> Vec<f64> {
    let factors = if to / from > 1500.0 { &[1.0][..] } else { &[1.0, 2.0, 5.0] };
    let powers = (-9..=12).map(|power| 10_f64.powi(power));
    let all = powers.flat_map(|power| factors.iter().map(move |factor| factor * power));
    all.filter(|number| (from..=to).contains(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Axis, Ranged, ValueFormatter};

    fn labels(axis: &Axis) -> Vec<String> {
        axis.ticks().iter().map(Axis::format).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            labels(&Axis::even("", 0.0, 100.0)),
            "0 10 20 30 40 50 60 70 80 90 100".split(' ').collect::<Vec<_>>()
        );
        assert_eq!(labels(&Axis::even("", -1.2, 3.1)), ["-1", "-0.5", "0", "0.5", "1", "1.5", "2", "2.5", "3"]);
        assert_eq!(labels(&Axis::logarithmic("", [0.5, 20.0].into_iter())), ["0.5", "1", "2", "5", "10", "20"]);
        assert_eq!(labels(&Axis::logarithmic("", [0.5, 0.0, 5000.0].into_iter())), ["1", "10", "100", "1000"]);
    }

    #[test]
    fn nothing_is_a_range_too() {
        let axis = Axis::logarithmic("", std::iter::empty());
        assert_eq!(axis.range(), 0.1..10.0);
    }

    #[test]
    fn a_logarithmic_axis_gives_each_power_the_same_room() {
        let axis = Axis::logarithmic("", [1.25, 80.0].into_iter());
        assert_eq!([0.0, 1.0, 10.0, 100.0].map(|number| axis.map(&number, (0, 200))), [0, 0, 100, 200]);
    }
}
