//! How to hear that a server says nothing, without waiting for it.
//!
//! A stream's requests are handled in their order, and whatever one of them makes due goes out before the next one is
//! read. So a client that wants to know whether something was answered asks for something else that must be answered:
//! if the answer to that comes next, there was silence. What was published before is seen first, too: a publication
//! wakes the stream at once, while the request has still to go over the socket.

use chancery::xds::ResourceType;

use super::{Delta, Response, Sotw};

/// A name that nothing has.
const MARKER: &str = "marker";

impl Sotw {
    /// Asserts that nothing was sent that hasn't been taken: asks for all of `marker`, a type that the story isn't
    /// about, without a nonce (which is always answered), and the answer must come next.
    ///
    /// # Panics
    /// When something else comes, or when a wildcard over `marker` means nothing.
    pub async fn silent(&mut self, marker: ResourceType) {
        assert!(marker.is_whole_world(), "only a wildcard is answered whatever there is");
        self.ask(None, marker, &["*"]).await;
        let response = self.take(&["*"]).await;
        assert_eq!(response.type_url, marker.type_url(), "silence was expected, not {}", brief(&response));
    }
}

impl Delta {
    /// Asserts that nothing was sent that hasn't been taken: subscribes to a name of `marker` that nothing has (which
    /// is always answered), and the answer must come next. `marker` must have no unanswered response.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn silent(&mut self, marker: ResourceType) {
        self.change(marker, &[MARKER], &[]).await;
        let response = self.take().await;
        let is_marker = response.type_url == marker.type_url() && response.removed_resources == [MARKER];
        assert!(is_marker && response.resources.is_empty(), "silence was expected, not {}", brief(&response));
    }
}

fn brief(response: &impl Response) -> String {
    let contents: Vec<_> = response.resources().map(|any| String::from_utf8_lossy(&any.value)).collect();
    format!("{} with {contents:.300?}", response.type_url())
}
