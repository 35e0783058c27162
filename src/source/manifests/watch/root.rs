//! Notices that the directory itself is removed or replaced.

use std::sync::Arc;
use std::time::Instant;

use crate::source::Notice;

use super::super::disk::{Identity, Tree};
use super::Watch;
use super::scan::Read;

impl Watch {
    /// Looks whether the directory is the one that we watch. If it is another one, everything is looked at.
    pub(super) fn check_root(&mut self) {
        let root = Arc::clone(&self.root);
        let Some(identity) = Identity::of(&root) else {
            return self.lose(format!("{root} is gone; what it held is still served"));
        };
        let is_watched = self.watched.get(&root) == Some(&identity);
        // One that can't be watched is swept, whichever it is.
        let is_blind = !self.watched.contains_key(&root) && self.directory.is_unreadable(&root);
        if self.lost.is_none() && (is_watched || is_blind) {
            return;
        }
        if self.directory.has_objects() && Tree::walk(&root, |_, _| ()).files.is_empty() {
            return self.lose(format!("{root} has been replaced by an empty directory; what it held is still served"));
        }
        self.lost = None;
        self.settling = true;
        self.unwatch(&root);
        self.scan(&root, Read::All);
        self.removal = Some(Instant::now() + self.pace.settle);
        self.touch = Some(Notice::UpToDate);
    }

    fn lose(&mut self, error: String) {
        self.unwatch(&Arc::clone(&self.root));
        self.removal = None;
        if self.lost.as_ref() != Some(&error) {
            self.lost = Some(error.clone());
            self.touch = Some(Notice::Outage { error });
        }
    }
}
