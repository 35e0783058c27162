//! How the demo looks: plain lines of at most 100 columns, the same with and without a terminal but for colour.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

/// The longest line.
const COLUMNS: usize = 100;

/// Where the text of a line begins.
const INDENT: usize = 9;

/// The longest bar of [`Screen::spread`].
const BAR: usize = 40;

/// Where the demo writes. Every line is out when the method returns.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    colour: bool,
}

#[derive(Clone, Copy)]
enum Style {
    Bold = 1,
    Red = 31,
    Green = 32,
}

impl<'a> Screen<'a> {
    /// Writes to `out`, in colour or not.
    pub fn new(out: &'a mut dyn Write, colour: bool) -> Self {
        Self { out, colour }
    }

    /// An empty line, and what comes next.
    pub fn heading(&mut self, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.out)?;
        self.labelled(label, text, Style::Bold)
    }

    /// What is being done; [`Self::done`] ends the line.
    pub fn doing(&mut self, label: &str, text: &str) -> io::Result<()> {
        // Ten columns are left for how long it took.
        let width = COLUMNS - INDENT - 10;
        write!(self.out, "{label:INDENT$}{text:width$}")?;
        self.out.flush()
    }

    /// It is done, and took so long.
    pub fn done(&mut self, took: Duration) -> io::Result<()> {
        writeln!(self.out, "{:>10}", time(took))?;
        self.out.flush()
    }

    /// A sentence or more, wrapped.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        for line in wrap(text, COLUMNS - INDENT) {
            writeln!(self.out, "{:INDENT$}{line}", "")?;
        }
        self.out.flush()
    }

    /// A line that is to be copied, and so never wrapped.
    pub fn verbatim(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:INDENT$}{text}", "")?;
        self.out.flush()
    }

    /// What came of it all.
    pub fn verdict(&mut self, is_good: bool, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.out)?;
        self.labelled(label, text, if is_good { Style::Green } else { Style::Red })
    }

    /// How many requests each pod answered.
    pub fn spread(&mut self, spread: &BTreeMap<Arc<str>, u64>) -> io::Result<()> {
        for line in bars(spread) {
            writeln!(self.out, "{:INDENT$}{line}", "")?;
        }
        self.out.flush()
    }

    fn labelled(&mut self, label: &str, text: &str, style: Style) -> io::Result<()> {
        let mut label = label;
        for line in wrap(text, COLUMNS - INDENT) {
            if self.colour {
                writeln!(self.out, "\x1b[{}m{label:INDENT$}{line}\x1b[0m", style as u8)?;
            } else {
                writeln!(self.out, "{label:INDENT$}{line}")?;
            }
            label = "";
        }
        self.out.flush()
    }
}

/// A time as people say it.
pub fn time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.1} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.1} s", milliseconds / 1000.0),
    }
}

/// `1 request`, `2 requests`.
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Breaks at spaces, and keeps the breaks that are there. A word that is longer than `columns` gets a line of its own.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.len() + 1 + word.len() > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

fn bars(spread: &BTreeMap<Arc<str>, u64>) -> Vec<String> {
    let name_width = spread.keys().map(|pod| pod.len()).max().unwrap_or_default();
    let (total, most) =
        (spread.values().sum::<u64>().max(1), spread.values().max().copied().unwrap_or_default().max(1));
    // cart-10 comes after cart-9.
    let mut pods: Vec<_> = spread.iter().collect();
    pods.sort_by_key(|(pod, _)| (pod.len(), Arc::clone(pod)));
    let line = |(pod, answered): (&Arc<str>, &u64)| {
        let permille = answered * 1000 / total;
        let bar = "#".repeat(usize::try_from(answered * BAR as u64 / most).unwrap_or(BAR));
        format!("{pod:name_width$} {answered:7} {:3}.{} %  {bar}", permille / 10, permille % 10)
    };
    pods.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
