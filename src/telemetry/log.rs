//! Sets up the log: one line an event, on stderr, so that what a command prints stays clean.

use std::fmt;
use std::io::{self, IsTerminal};
use std::str::FromStr;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The environment variable that filters the log, in the language of `tracing_subscriber::EnvFilter`: `debug`,
/// `chancery::server=debug,info`.
pub const FILTER_VARIABLE: &str = "RUST_LOG";

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: time, level, module, message, fields; coloured on a terminal.
    #[default]
    Text,
    /// For machines: one JSON object a line, the event's fields at its top level.
    Json,
}

impl LogFormat {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Text, Self::Json];

    /// The word for it in flags and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that isn't a [`LogFormat`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected text or json")]
pub struct UnknownFormat;

impl FromStr for LogFormat {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|format| format.as_str() == word).ok_or(UnknownFormat)
    }
}

/// Why the log couldn't be set up. A retry doesn't help.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter can't be read.
    #[error("{FILTER_VARIABLE}: \"{value}\": {problem}; expected a level (info) or module=level pairs")]
    Filter {
        /// What stands in the variable.
        value: String,
        /// What is wrong with it.
        problem: tracing_subscriber::filter::ParseError,
    },
    /// This process has a log already.
    #[error("the log is set up already")]
    Twice(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The default filter. The Kubernetes client would warn of every retry; the source logs an outage once, with its reason.
const DEFAULT_FILTER: &str = "info,kube_client=off";

/// Sets up the log of this process. `filter` is the content of [`FILTER_VARIABLE`]; without one, `info` but for the
/// libraries' retries.
pub fn init(format: LogFormat, filter: Option<&str>) -> Result<(), LogError> {
    let filter = parse_filter(filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    }
    .map_err(LogError::Twice)
}

fn parse_filter(filter: Option<&str>) -> Result<EnvFilter, LogError> {
    let value = filter.unwrap_or(DEFAULT_FILTER);
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(value)
        .map_err(|problem| LogError::Filter { value: value.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_filter_info_is_logged() {
        assert_eq!(parse_filter(None).unwrap().max_level_hint(), Some(LevelFilter::INFO));
        assert_eq!(parse_filter(Some("")).unwrap().max_level_hint(), Some(LevelFilter::INFO));
    }

    #[test]
    fn a_filter_is_obeyed() {
        assert_eq!(parse_filter(Some("debug")).unwrap().max_level_hint(), Some(LevelFilter::DEBUG));
        assert_eq!(parse_filter(Some("warn")).unwrap().max_level_hint(), Some(LevelFilter::WARN));
    }

    #[test]
    fn a_bad_filter_names_the_variable_and_the_value() {
        let error = parse_filter(Some("chancery=loud")).unwrap_err().to_string();
        assert!(error.starts_with("RUST_LOG: \"chancery=loud\": "), "{error}");
    }

    #[test]
    fn formats_have_one_word_each() {
        for format in LogFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("xml".parse::<LogFormat>(), Err(UnknownFormat));
    }
}
