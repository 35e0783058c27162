//! Reads the configuration file: YAML with the names of the flags as keys.

use std::fs;
use std::path::Path;

use serde_saphyr::{Error as YamlError, MessageFormatter, UserMessageFormatter};

use super::{ConfigError, Layer};

/// Names nearer than this (Jaro-Winkler, 1 is equal) are offered as what was meant.
const NEAR: f64 = 0.8;

/// Reads the file at `path`. An empty file says nothing, which is fine.
pub(super) fn read(path: &Path) -> Result<Layer, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(&text).map_err(|(line, message)| ConfigError::File { path: path.to_owned(), line, message })
}

/// Parses the text of a file; the error is a line and what is wrong there.
pub(super) fn parse(text: &str) -> Result<Layer, (u64, String)> {
    let layer: Option<Layer> = serde_saphyr::from_str(text).map_err(|error| describe(&error))?;
    Ok(layer.unwrap_or_default())
}

fn describe(error: &YamlError) -> (u64, String) {
    let error = error.without_snippet();
    let line = error.location().map_or(1, |location| location.line());
    let message = match error {
        YamlError::SerdeUnknownField { field, expected, .. } => match nearest(field, expected) {
            Some(name) => format!("unknown key \"{field}\"; did you mean \"{name}\"?"),
            None => format!("unknown key \"{field}\"; expected one of {}", expected.join(", ")),
        },
        YamlError::SerdeUnknownVariant { variant, expected, .. } => {
            format!("\"{variant}\" isn't accepted here; expected one of {}", expected.join(", "))
        }
        YamlError::DuplicateMappingKey { key: Some(key), .. } => format!("the key \"{key}\" is there twice"),
        error => UserMessageFormatter.format_message(error).into_owned(),
    };
    (line, message)
}

fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(nearness, _)| *nearness > NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
