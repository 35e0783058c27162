//! Prints JSON, YAML, tables and text.

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
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let value = json!({
            "@type": "type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
            "yes": "true", "number": "1", "nothing": null, "empty": {}, "none": [], "odd": ": # - \n",
            "list": [{"a": 1.5, "b": [true]}],
        });
        let printed = |format| {
            let mut out = Vec::new();
            print(&mut out, format, &value).unwrap();
            String::from_utf8(out).unwrap()
        };
        let (json, yaml) = (printed(Format::Json), printed(Format::Yaml));
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
        assert_eq!(serde_saphyr::from_str::<Value>(&yaml).unwrap(), value, "{yaml}");
        assert!(json.ends_with("}\n") && yaml.ends_with('\n'));
        assert!(yaml.contains("\"@type\": type.googleapis.com/envoy"), "{yaml}");
    }

    #[test]
    fn a_table_is_lined_up_whatever_its_cells_hold() {
        let rows = [["A", "EMPTY", "C"], ["1", "", "c"], ["22\u{7}", "", "c"], ["much longer", "", "c"]];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows, 1, 5), [" A   EMPTY  C", " 1          c", " 22         c", " much longer         c"]);
        let rows = [["A", ""], ["b", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows, 0, 5), ["A", "b"]);
    }

    #[test]
    fn text_is_wrapped_between_words() {
        let printed = |text: &str| {
            let mut out = Vec::new();
            wrapped(&mut out, text, 1, 3).unwrap();
            String::from_utf8(out).unwrap()
        };
        let word = "w".repeat(60);
        assert_eq!(printed(&format!("a  {word} {word}\n{word}")), format!(" a  {word}\n   {word}\n   {word}\n"));
        assert_eq!(printed(&"w".repeat(200)), format!(" {}\n", "w".repeat(200)));
        assert_eq!(printed(""), "\n");
    }
}
