//! Types of configuration values that have a syntax of their own, the same in flags, variables and files.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::model::duration;

/// A value with the wrong syntax, and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misspelt(String);

/// An IP address and a port, `0.0.0.0:18000` or `[::]:18000`. Port 0 means any free one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ListenAddress(pub SocketAddr);

/// An address that an Envoy is told to listen at: as [`ListenAddress`], but port 0 would be another one at every Envoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct EnvoyAddress(pub SocketAddr);

/// The name of a listener: what people see in Envoy's statistics and logs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ListenerName(pub String);

/// How many proxies are trusted, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct TrustedHops(pub u32);

/// A time to wait, zero included: a number and a unit, `500ms`, `1.5s`, `2m`, `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct GracePeriod(pub Duration);

/// How old a connection gets: a second or more, or `off` for as old as it likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ConnectionAge(pub Option<Duration>);

/// How many connections may be open, 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct ConnectionCount(pub usize);

/// A DNS name in lower case, `cluster.local`; a dot at its end is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DnsName(pub String);

impl FromStr for ListenAddress {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| {
            Misspelt("not an address to listen at; expected an IP and a port, as 0.0.0.0:18000 or [::1]:18000".into())
        })
    }
}

impl FromStr for EnvoyAddress {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ListenAddress(address) = text.parse()?;
        if address.port() == 0 {
            return Err(Misspelt("no port; expected 1 to 65535, because every Envoy is told the same".into()));
        }
        Ok(Self(address))
    }
}

impl FromStr for GracePeriod {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        duration::parse(text)
            .map(Self)
            .map_err(|_| Misspelt("not a duration; expected a number and a unit, as 500ms, 10s, 2m or 1h".into()))
    }
}

impl FromStr for ConnectionAge {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self(None));
        }
        duration::parse(text)
            .ok()
            .filter(|age| (Self::LEAST..=Self::MOST).contains(age))
            .map(|age| Self(Some(age)))
            .ok_or_else(|| Misspelt("not an age; expected off, or a duration from 1s to 8760h, as 30m or 12h".into()))
    }
}

impl ConnectionAge {
    /// Less would have clients do nothing but connect.
    const LEAST: Duration = Duration::from_secs(1);

    /// A year. Above it clocks could overflow, and nobody means it.
    const MOST: Duration = Duration::from_hours(8760);
}

impl FromStr for ConnectionCount {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = text.parse().ok().filter(|count| (1..=Self::MOST).contains(count));
        count.map(Self).ok_or_else(|| Misspelt("not a number of connections; expected 1 to 1000000".into()))
    }
}

impl ConnectionCount {
    /// More than a machine has ports and memory for, and far below what could overflow.
    const MOST: usize = 1_000_000;
}

impl FromStr for ListenerName {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if is_word {
            Ok(Self(text.to_owned()))
        } else {
            Err(Misspelt(
                "not the name of a listener; expected up to 63 letters, digits, -, _ and dots, as http".into(),
            ))
        }
    }
}

impl FromStr for DnsName {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.len() <= 253 && name.split('.').all(is_dns_label) {
            Ok(Self(name.to_owned()))
        } else {
            Err(Misspelt("not a DNS name; expected lower-case letters, digits, - and dots, as cluster.local".into()))
        }
    }
}

/// RFC 1123, as Kubernetes has it.
fn is_dns_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl TryFrom<String> for ListenAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        quoting(&text)
    }
}

impl TryFrom<String> for EnvoyAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        quoting(&text)
    }
}

impl TryFrom<String> for GracePeriod {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        quoting(&text)
    }
}

impl TryFrom<String> for ConnectionAge {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        quoting(&text)
    }
}

impl TryFrom<i64> for TrustedHops {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        let hops = u32::try_from(number).ok().filter(|hops| *hops <= 100);
        hops.map(Self).ok_or_else(|| format!("\"{number}\": not a number of proxies; expected 0 to 100"))
    }
}

impl TryFrom<i64> for ConnectionCount {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        quoting(&number.to_string())
    }
}

impl TryFrom<String> for ListenerName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        quoting(&text)
    }
}

impl TryFrom<String> for DnsName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        quoting(&text)
    }
}

/// clap repeats the value before the error by itself; a file's error has to do it here.
fn quoting<T: FromStr<Err = Misspelt>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|Misspelt(expected)| format!("\"{text}\": {expected}"))
}

#[cfg(test)]
mod tests;
