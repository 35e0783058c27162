//! Deadlines for EndpointSlices to follow a Service port that was renamed.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long they may take. A controller that works follows within a fraction of a second.
const GRACE: Duration = Duration::from_secs(5);

/// The renames whose deadline isn't over, by the number that [`Catalog::renames`](crate::model::Catalog::renames) gives them.
#[derive(Debug, Default)]
pub(super) struct RenameDeadlines {
    recorded: u64,
    ahead: VecDeque<(Instant, u64)>,
}

impl RenameDeadlines {
    /// Records how many renames there were so far.
    pub(super) fn record(&mut self, renames: u64, now: Instant) {
        if self.recorded < renames {
            self.recorded = renames;
            self.ahead.push_back((now + GRACE, renames));
        }
    }

    /// The next deadline.
    pub(super) fn next(&self) -> Option<Instant> {
        self.ahead.front().map(|(deadline, _)| *deadline)
    }

    /// The last rename whose deadline is over, if there is another one since the last call.
    pub(super) fn due(&mut self, now: Instant) -> Option<u64> {
        let mut due = None;
        while let Some((_, number)) = self.ahead.pop_front_if(|(deadline, _)| *deadline <= now) {
            due = Some(number);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rename_has_its_time() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut deadlines = RenameDeadlines::default();
        deadlines.record(0, at(0));
        assert_eq!((deadlines.next(), deadlines.due(at(9_000))), (None, None));
        deadlines.record(2, at(0));
        deadlines.record(2, at(500));
        deadlines.record(3, at(1_000));
        assert_eq!((deadlines.next(), deadlines.due(at(4_999))), (Some(at(5_000)), None));
        assert_eq!((deadlines.due(at(5_000)), deadlines.next()), (Some(2), Some(at(6_000))));
        deadlines.record(4, at(5_500));
        assert_eq!((deadlines.due(at(60_000)), deadlines.next()), (Some(4), None));
        deadlines.record(4, at(60_000));
        assert_eq!(deadlines.next(), None);
    }
}
