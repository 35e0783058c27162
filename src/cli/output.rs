//! How data is printed.

use std::io::{self, Write};

use serde_json::Value;

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

#[cfg(test)]
mod tests;
