//! Resolves unquoted YAML scalars as `kubectl` does.
//!
//! kubectl reads YAML 1.1: `on`, `yes` and `y` are booleans, `010` is eight. We read the same words the same way, so
//! that a manifest means here what it means in the cluster (sigs.k8s.io/yaml, `goyaml.v2/resolve.go`).

/// The meaning of an unquoted scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// Nothing at all, `~` or `null`.
    Null,
    /// `true`, `yes`, `on`, `y` and their opposites.
    Bool(bool),
    /// A whole number of 64 bits.
    Int(i64),
    /// A number with a point or an exponent, or a whole number too large for [`Self::Int`].
    Float(f64),
    /// Anything else.
    Str,
}

impl Scalar {
    /// Resolves the text of an unquoted scalar.
    pub fn resolve(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Self::Bool(true),
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Self::Float(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Self::Float(f64::NEG_INFINITY),
            _ if text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) => {
                let digits = text.replace('_', "");
                whole(&digits).map(Self::Int).or_else(|| fraction(&digits).map(Self::Float)).unwrap_or(Self::Str)
            }
            _ => Self::Str,
        }
    }

    /// The word for it in messages.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Null => "empty",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Str => "a string",
        }
    }
}

/// A whole number with the prefixes `0x`, `0o`, `0b`, or `0` for octal.
fn whole(text: &str) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, radix) = match unsigned.get(..2) {
        Some("0x" | "0X") => (unsigned.get(2..)?, 16),
        Some("0o" | "0O") => (unsigned.get(2..)?, 8),
        Some("0b" | "0B") => (unsigned.get(2..)?, 2),
        Some(two) if two.starts_with('0') => (unsigned.get(1..)?, 8),
        _ => (unsigned, 10),
    };
    if !digits.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// A number as JSON has it, also with a bare point; Rust's own parser would also take words such as `infinity`.
fn fraction(text: &str) -> Option<f64> {
    let plausible = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if plausible { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::Scalar::{self, Bool, Float, Int, Null, Str};

    #[test]
    fn means_what_it_means_to_kubectl() {
        for (text, meaning) in [
            ("", Null),
            ("null", Null),
            ("on", Bool(true)),
            ("y", Bool(true)),
            ("No", Bool(false)),
            ("oN", Str),
            ("5", Int(5)),
            ("-5", Int(-5)),
            ("+5", Int(5)),
            ("1_000", Int(1000)),
            ("0x10", Int(16)),
            ("0b11", Int(3)),
            ("010", Int(8)),
            ("089", Float(89.0)),
            ("9223372036854775807", Int(i64::MAX)),
            ("9223372036854775808", Float(9_223_372_036_854_775_808.0)),
            ("-9223372036854775808", Int(i64::MIN)),
            ("1.10", Float(1.1)),
            (".5", Float(0.5)),
            ("1e3", Float(1000.0)),
            ("1.2.3", Str),
            ("10.0.0.1", Str),
            ("5xx", Str),
            ("250ms", Str),
            ("-", Str),
            (".", Str),
            ("--5", Str),
            ("+inf", Str),
            ("2026-11-21", Str),
            ("é", Str),
            ("0é", Str),
        ] {
            assert_eq!(Scalar::resolve(text), meaning, "{text}");
        }
        assert!(matches!(Scalar::resolve(".nan"), Float(number) if number.is_nan()));
    }
}
