//! Parses durations: a number and a unit.

use std::time::Duration;

/// The units, from the longest, with their length in nanoseconds.
const UNITS: [(&str, u64); 4] =
    [("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000)];

/// Reads `250ms`, `1.5s`, `2m` or `1h`: digits, perhaps with a fraction, and one unit.
///
/// The error is a clause: `without a unit`.
pub fn parse(text: &str) -> Result<Duration, &'static str> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err("not a duration");
    }
    let nanos = match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, nanos)) => u128::from(*nanos),
        None if unit.is_empty() => return Err("without a unit"),
        None => return Err("not a duration"),
    };
    let (Ok(units), Ok(part)) =
        (whole.parse::<u64>(), fraction.get(..fraction.len().min(18)).unwrap_or("0").parse::<u64>())
    else {
        return Err("too long");
    };
    let scale = 10_u128.pow(u32::try_from(fraction.len().min(18)).unwrap_or(18));
    let total = u128::from(units) * nanos + u128::from(part) * nanos / scale;
    let seconds = u64::try_from(total / 1_000_000_000).map_err(|_| "too long")?;
    Ok(Duration::new(seconds, u32::try_from(total % 1_000_000_000).unwrap_or_default()))
}

/// Writes it as [`parse`] reads it, in the longest unit of which it is a whole number: `90s`, `2m`, `1ms`.
pub fn show(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let whole = UNITS.iter().find(|(_, unit)| nanos != 0 && nanos.is_multiple_of(u128::from(*unit)));
    match whole {
        Some((name, unit)) => format!("{}{name}", nanos / u128::from(*unit)),
        None => format!("{}ms", duration.as_secs_f64() * 1000.0),
    }
}

#[cfg(test)]
mod tests;
