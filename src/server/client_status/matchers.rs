//! The node matchers of a request.

use data_plane_api::matcher::{NodeMatcher, StringMatcher, string_matcher::MatchPattern};
use tonic::Status;

/// How many matchers a request may have. Each is tried on each client.
const MAX_MATCHERS: usize = 1000;

/// The matchers of a request: a client matches if any of them matches it. No matchers match every client.
#[derive(Debug)]
pub(super) struct Matchers(Vec<Matcher>);

#[derive(Debug)]
struct Matcher {
    pattern: Pattern,
    ignore_case: bool,
}

/// The pattern of a node id; in lower case if case is ignored.
#[derive(Debug)]
enum Pattern {
    Anything,
    Exact(String),
    Prefix(String),
    Suffix(String),
    Contains(String),
}

impl Matchers {
    /// Fails if a matcher isn't supported; to ignore it would be to answer another request.
    pub(super) fn new(matchers: Vec<NodeMatcher>) -> Result<Self, Status> {
        if matchers.len() > MAX_MATCHERS {
            return Err(Status::invalid_argument(format!(
                "node_matchers: {}; expected at most {MAX_MATCHERS} in one request",
                matchers.len()
            )));
        }
        matchers.into_iter().map(Matcher::new).collect::<Result<_, _>>().map(Self)
    }

    /// Whether they match a client with this id.
    pub(super) fn match_id(&self, node_id: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|matcher| matcher.matches(node_id))
    }
}

impl Matcher {
    fn new(matcher: NodeMatcher) -> Result<Self, Status> {
        let NodeMatcher { node_id, node_metadatas } = matcher;
        if !node_metadatas.is_empty() {
            return Err(Status::invalid_argument(
                "node_matchers.node_metadatas: not supported, as metadata isn't kept; expected node_matchers.node_id",
            ));
        }
        let Some(StringMatcher { match_pattern, ignore_case }) = node_id else {
            return Ok(Self { pattern: Pattern::Anything, ignore_case: false });
        };
        let folded = |text: String| if ignore_case { text.to_lowercase() } else { text };
        let pattern = match match_pattern {
            Some(MatchPattern::Exact(text)) => Pattern::Exact(folded(text)),
            Some(MatchPattern::Prefix(text)) => Pattern::Prefix(folded(text)),
            Some(MatchPattern::Suffix(text)) => Pattern::Suffix(folded(text)),
            Some(MatchPattern::Contains(text)) => Pattern::Contains(folded(text)),
            Some(MatchPattern::SafeRegex(_) | MatchPattern::Custom(_)) | None => {
                return Err(Status::invalid_argument(
                    "node_matchers.node_id: expected exact, prefix, suffix or contains",
                ));
            }
        };
        Ok(Self { pattern, ignore_case })
    }

    fn matches(&self, node_id: &str) -> bool {
        let Self { pattern, ignore_case } = self;
        let folded = ignore_case.then(|| node_id.to_lowercase());
        let id = folded.as_deref().unwrap_or(node_id);
        match pattern {
            Pattern::Anything => true,
            Pattern::Exact(text) => id == text,
            Pattern::Prefix(text) => id.starts_with(text),
            Pattern::Suffix(text) => id.ends_with(text),
            Pattern::Contains(text) => id.contains(text),
        }
    }
}
