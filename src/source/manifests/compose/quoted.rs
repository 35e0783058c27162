//! Accepts quoted scalars that continue at or left of the indentation of their key.
//!
//! ```text
//! description: 'what it does: a long
//! text'
//! ```
//!
//! YAML 1.2 wants the second line indented further. kubectl's parser, and those of most others, don't. Spaces at the beginning
//! of such a line are no part of the scalar, so the text with more of them means the same. So do tabs after enough spaces.

/// Where the parser refused such a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The end of what was parsed before the scalar, in bytes.
    pub(super) after: usize,
    /// The line's first character that isn't a space, in bytes.
    pub(super) at: usize,
}

/// The text with every line of that scalar indented as far as its first quote; `None` if it has no end.
pub(super) fn indent(text: &str, Place { after, at }: Place) -> Option<String> {
    let (opening, closing) = scalar_around(text, after, at)?;
    let (before, rest) = text.split_at_checked(opening)?;
    let (scalar, rest) = rest.split_at_checked(closing - opening)?;
    let column = before.chars().rev().take_while(|c| *c != '\n').count();
    let broken = format!("\n{:width$}", "", width = column + 1);
    Some(format!("{before}{}{rest}", scalar.replace('\n', &broken)))
}

/// The line of the quote that has no end, if that is what is wrong with the scalar.
pub(super) fn unclosed(text: &str, Place { after, at }: Place) -> Option<u32> {
    let mut from = after;
    while let Some((opening, quote)) = opening(text, from).filter(|(opening, _)| *opening < at) {
        let Some(closing) = closing(text, opening + 1, quote) else {
            let line = text.get(..=opening)?.split('\n').count();
            return u32::try_from(line).ok();
        };
        from = closing + 1;
    }
    None
}

/// The quotes of the scalar that `at` is in: the first after `after` that doesn't end before it.
fn scalar_around(text: &str, after: usize, at: usize) -> Option<(usize, usize)> {
    let mut from = after;
    while from < at {
        let (opening, quote) = opening(text, from)?;
        let closing = closing(text, opening + 1, quote)?;
        if opening < at && at <= closing {
            return Some((opening, closing));
        }
        from = closing + 1;
    }
    None
}

/// The next quote outside of comments.
fn opening(text: &str, from: usize) -> Option<(usize, char)> {
    let mut is_comment = false;
    let mut before = ' ';
    for (at, c) in text.get(from..)?.char_indices() {
        match c {
            '\n' => is_comment = false,
            '#' if before.is_whitespace() => is_comment = true,
            '\'' | '"' if !is_comment => return Some((from + at, c)),
            _ => {}
        }
        before = c;
    }
    None
}

/// The quote that ends a scalar: `''` and `\"` don't.
fn closing(text: &str, from: usize, quote: char) -> Option<usize> {
    let mut rest = text.get(from..)?.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' if quote == '"' => drop(rest.next()),
            _ if c == quote && quote == '\'' && rest.next_if(|(_, next)| *next == quote).is_some() => {}
            _ if c == quote => return Some(from + at),
            _ => {}
        }
    }
    None
}
