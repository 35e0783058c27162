//! Composes YAML events into [`Node`]s.
//!
//! JSON is read as the YAML that it is. What kubectl's parser takes beyond YAML 1.2 is taken, too: a key that stands twice,
//! and quoted scalars that go on too far left ([`quoted`]). The parser only tells what it meets (`granit-parser`, which is also what
//! serde-saphyr stands on); putting it together here keeps the line and the exact spelling of every scalar, which a
//! typed reader would lose (`1.10` must be quoted as `"1.10"`, not as `"1.1"`).

mod quoted;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};

use super::disk::MAX_FILE_BYTES;
use super::issue::Issue;
use super::node::{Entry, Node, Value};
use quoted::Place;

/// How deep collections may nest, aliases expanded. Kubernetes objects stay below 20.
const MAX_DEPTH: usize = 64;

/// How many nodes one document may have, aliases expanded: 300,000 endpoints, or 300 MB while it is read.
const MAX_NODES: usize = 4_000_000;

/// What may stand before a document that was appended to another one; kubectl's parser lets it begin any line.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What is said of a quote that has no counterpart.
const UNCLOSED: &str = "the quote is never closed";

/// A collection that isn't complete yet.
struct Frame {
    line: u32,
    anchor: usize,
    /// How many nodes there were before it.
    before: usize,
    /// How many levels are below it.
    depth: usize,
    content: Content,
}

/// How much a node costs wherever an alias repeats it.
#[derive(Clone, Copy)]
struct Weight {
    nodes: usize,
    depth: usize,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<(Rc<str>, u32)>, merges: Vec<Node> },
}

#[derive(Default)]
struct Composer {
    documents: Vec<Node>,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, (Node, Weight)>,
    nodes: usize,
}

/// Parses every document in `text`: once more for each quoted scalar that goes on too far left, in all as many bytes as the
/// largest file has.
pub fn compose(text: &str) -> Result<Vec<Node>, Box<Issue>> {
    let mut text = Cow::Borrowed(text);
    if text.contains(BYTE_ORDER_MARK) {
        text = text.split_inclusive('\n').map(|line| line.trim_start_matches(BYTE_ORDER_MARK)).collect();
    }
    let mut parsed_again = 0;
    loop {
        let mut place = None;
        let issue = match parse(&text, &mut place) {
            Ok(documents) => return Ok(documents),
            Err(issue) => issue,
        };
        let Some(place) = place.filter(|_| parsed_again <= MAX_FILE_BYTES) else { return Err(issue) };
        let Some(better) = quoted::indent(&text, place) else {
            let line = quoted::unclosed(&text, place);
            return Err(line.map_or(issue, |line| Box::new(Issue::unparsable(line, UNCLOSED))));
        };
        parsed_again += better.len() as u64;
        text = Cow::Owned(better);
    }
}

/// Parses a text as it is. If that fails because of a quoted scalar that goes on too far left, perhaps, `place` says where.
fn parse(text: &str, place: &mut Option<Place>) -> Result<Vec<Node>, Box<Issue>> {
    let options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_comments: false,
    };
    let mut composer = Composer::default();
    let mut after = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            let is_quoted = matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation);
            *place = error.marker().byte_offset().filter(|_| is_quoted).map(|at| Place { after, at });
            issue(&error, text)
        })?;
        after = span.end.byte_offset().unwrap_or(after);
        composer.take(event, line_number(span.start.line()))?;
    }
    Ok(composer.documents)
}

fn issue(error: &ScanError, text: &str) -> Issue {
    let (line, message) = (error.marker().line(), error.info());
    if matches!(error.kind(), ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar) {
        return Issue::unparsable(line_number(line), UNCLOSED);
    }
    // A tab in an indentation is told where the scalar before it began.
    let tab = text.lines().enumerate().skip(line.saturating_sub(1)).find(|(_, text)| indentation(text).contains('\t'));
    let line = tab.filter(|_| message.contains("tab")).map_or(line, |(index, _)| index + 1);
    Issue::unparsable(line_number(line), message)
}

fn line_number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn indentation(line: &str) -> &str {
    line.split(|character: char| !character.is_whitespace()).next().unwrap_or_default()
}

impl Composer {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), Box<Issue>> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = match tag.as_deref().and_then(Tag::core_suffix) {
                    Some("str" | "binary") => true,
                    Some(_) => false,
                    None => style != ScalarStyle::Plain,
                };
                let text = Rc::from(text);
                let value = if quoted { Value::Quoted(text) } else { Value::Plain(text) };
                self.count(1, line)?;
                self.complete(Node { line, value }, anchor, Weight { nodes: 1, depth: 0 })
            }
            Event::SequenceStart(_, anchor, _) => self.open(Content::Sequence(Vec::new()), anchor, line),
            Event::MappingStart(_, anchor, _) => {
                self.open(Content::Mapping { entries: Vec::new(), key: None, merges: Vec::new() }, anchor, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some((node, weight)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Box::new(Issue::unparsable(
                        line,
                        "an alias refers to the collection that it is part of",
                    )));
                };
                if self.open.len() + weight.depth > MAX_DEPTH {
                    return Err(Box::new(Issue::unparsable(
                        line,
                        format!("aliases nest deeper than {MAX_DEPTH} levels"),
                    )));
                }
                self.count(weight.nodes, line)?;
                self.complete(Node { line, ..node }, 0, weight)
            }
            // Anchors count within their document only.
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            // The rest marks boundaries, or is only told when asked for.
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, line: u32) -> Result<(), Box<Issue>> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let message = format!("one document has more than {MAX_NODES} parts (aliases expanded)");
            return Err(Box::new(Issue::unparsable(line, message)));
        }
        Ok(())
    }

    fn open(&mut self, content: Content, anchor: usize, line: u32) -> Result<(), Box<Issue>> {
        let before = self.nodes;
        self.count(1, line)?;
        self.open.push(Frame { line, anchor, before, depth: 0, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Box<Issue>> {
        let Some(Frame { line, anchor, before, depth, content }) = self.open.pop() else { return Ok(()) };
        let value = match content {
            Content::Sequence(nodes) => Value::Sequence(nodes),
            Content::Mapping { entries, key: _, merges } => Value::Mapping(merged(unique(entries), merges)?),
        };
        let weight = Weight { nodes: self.nodes.saturating_sub(before), depth: depth + 1 };
        self.complete(Node { line, value }, anchor, weight)
    }

    /// Puts a complete node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize, weight: Weight) -> Result<(), Box<Issue>> {
        if anchor != 0 {
            // A copy per anchor: nested anchors would otherwise copy for free.
            self.count(weight.nodes, node.line)?;
            self.anchors.insert(anchor, (node.clone(), weight));
        }
        let Some(frame) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        frame.depth = frame.depth.max(weight.depth);
        match &mut frame.content {
            Content::Sequence(nodes) => nodes.push(node),
            Content::Mapping { entries, key, merges } => match key.take() {
                Some((key, _)) if *key == *"<<" => merges.push(node),
                Some((key, line)) => entries.push(Entry { key, line, node, earlier: None }),
                None => match node {
                    Node { line, value: Value::Plain(text) | Value::Quoted(text) } => *key = Some((text, line)),
                    Node { line, value: Value::Sequence(_) | Value::Mapping(_) } => {
                        return Err(Box::new(Issue::unparsable(line, "a key is a list or a mapping; expected a word")));
                    }
                },
            },
        }
        Ok(())
    }
}

/// Of the keys that stand twice in one mapping the last counts, at the place of the first.
fn unique(entries: Vec<Entry>) -> Vec<Entry> {
    let mut keys: Vec<&str> = entries.iter().map(|entry| &*entry.key).collect();
    keys.sort_unstable();
    if keys.windows(2).all(|pair| matches!(pair, [one, other] if one != other)) {
        return entries;
    }
    let mut places = BTreeMap::new();
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let place = *places.entry(Rc::clone(&entry.key)).or_insert(kept.len());
        match kept.get_mut(place) {
            Some(known) => *known = Entry { earlier: Some(known.line), ..entry },
            None => kept.push(entry),
        }
    }
    kept
}

/// Adds what `<<` brings in; what stands in the mapping itself has precedence, then the earlier of two.
fn merged(mut entries: Vec<Entry>, merges: Vec<Node>) -> Result<Vec<Entry>, Box<Issue>> {
    for merge in merges {
        let sources = match merge.value {
            Value::Sequence(nodes) => nodes,
            Value::Mapping(_) | Value::Plain(_) | Value::Quoted(_) => vec![merge],
        };
        for Node { line, value } in sources {
            let Value::Mapping(brought) = value else {
                return Err(Box::new(Issue::unparsable(line, "`<<` takes a mapping, or a list of them")));
            };
            let known: BTreeSet<Rc<str>> = entries.iter().map(|entry| Rc::clone(&entry.key)).collect();
            entries.extend(brought.into_iter().filter(|entry| !known.contains(&entry.key)));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
