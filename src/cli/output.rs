//! How data is printed.

use std::io::{self, Write};

use serde_json::Value;

/// How wide text is that nobody measured the terminal for.
const WIDTH: usize = 100;

/// `-o`: the format in which a command prints data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Indented JSON.
    Json,
    /// YAML.
    Yaml,
}

/// Prints a value. Keys come in alphabetical order.
pub fn print(out: &mut dyn Write, format: Format, value: &Value) -> io::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, value)?;
            writeln!(out)
        }
        Format::Yaml => out.write_all(to_yaml(value)?.as_bytes()),
    }
}

/// The value as a YAML document, ending in a newline.
pub fn to_yaml(value: &Value) -> io::Result<String> {
    // Folded type URLs would be YAML, too, but nobody could grep for one.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let mut yaml = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut yaml, value, options).map_err(io::Error::other)?;
    Ok(yaml)
}

/// The lines of a table, all `indent` from the left. Each column is as wide as its widest cell that isn't wider than
/// `widest`; a wider one pushes only what follows it. A column without text is left out, and so is what could disturb the
/// terminal.
pub fn table<const N: usize>(rows: &[[String; N]], indent: usize, widest: usize) -> Vec<String> {
    let printable = |cell: &String| cell.chars().filter(|c| !c.is_control()).collect::<String>();
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(printable)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.map(|width| if width <= widest { width } else { 1 }).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{:indent$}{}", "", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Prints text in lines of [`WIDTH`], if its words allow it: the first `first` from the left, the others `rest`. What could
/// disturb the terminal is left out.
pub fn wrapped(out: &mut dyn Write, text: &str, first: usize, rest: usize) -> io::Result<()> {
    let mut line = " ".repeat(first);
    let mut is_empty = true;
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // Several spaces in a row are columns, and stay.
    for word in text.split_inclusive(' ') {
        if !is_empty && line.chars().count() + word.trim_end().chars().count() > WIDTH {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(rest);
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}

/// `850ms`, `12.3s`, `4m`, `7h`, `3d`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1.0 => format!("{:.0}ms", seconds * 1000.0),
        seconds if seconds < 60.0 => format!("{seconds:.1}s"),
        seconds if seconds < 3600.0 => format!("{:.0}m", (seconds / 60.0).floor()),
        seconds if seconds < 86400.0 => format!("{:.0}h", (seconds / 3600.0).floor()),
        seconds => format!("{:.0}d", (seconds / 86400.0).floor()),
    }
}

#[cfg(test)]
mod tests;
