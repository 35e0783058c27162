//! Describes problems with files.

use std::path::Path;
use std::sync::Arc;

use crate::model::{Concern, Converted, Event, ObjectRef, Reason, Rejected};

use super::super::disk;
use super::super::found::RejectedAt;
use super::super::issue::{Issue, KEPT};
use super::ours::is_in_place;
use super::{Directory, File, Slot};

/// How many issues one file may have; a file of a million broken documents tells nothing more than one of hundred.
const MAX_ISSUES: usize = 100;

/// The names of the file that makes a directory a kustomization.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", disk::KUSTOMIZATION];

/// What is said of its files, which hold patches, and objects for several overlays.
const KUSTOMIZE: &str = "; render the kustomization first: kubectl kustomize … | chancery lint -";

/// What is said when all that is wrong with a file is `rejected`.
pub(super) fn event(path: &Arc<str>, rejected: Vec<Rejected>) -> Event {
    Event::Apply(Converted { id: ObjectRef::File(Arc::clone(path)), object: None, rejected, concern: Concern::Ours })
}

impl Directory {
    /// What is wrong with a file now, by line.
    pub(super) fn report(&self, path: &Arc<str>, file: &File) -> Vec<RejectedAt> {
        let told = |(offset, document, issue)| told(path, offset, issue, is_in_place(file, document));
        let mut report: Vec<RejectedAt> = self.issues(path, file).take(MAX_ISSUES).map(told).collect();
        if let (more @ 1.., Some(RejectedAt { file: _, line: Some(line), rejected })) =
            (self.issues(path, file).skip(MAX_ISSUES).count(), report.last_mut())
        {
            rejected.message = format!("{}; {more} more mistakes follow below line {line}", rejected.message);
        }
        if let Some(why) = &file.unreadable {
            let issue = if self.gives(path, file) {
                let meanwhile = "what the file gave before stays";
                Issue { meanwhile, ..Issue::new(0, Reason::Unparsable, why) }
            } else {
                Issue::new(0, Reason::DoubtfulObject, why)
            };
            report.push(issue.of_whole_file(path));
        }
        for slot in &file.repeated {
            let first = file.slots.get(slot.id());
            if self.is_either_ours(first, slot) {
                let line = first.map_or(0, Slot::line);
                let advice = self.advice(&[path]);
                let message = format!("defined twice in this file; the first one, in line {line}, is used{advice}");
                report.push(duplicate(path, slot, message, "the first one", first));
            }
        }
        // Something that is about to go needs no advice.
        for id in self.contested.iter().filter(|_| !file.leaving) {
            if let (Some(slot), Some(owner)) = (file.slots.get(id), self.owner(id))
                && owner != path
                && self.is_either_ours(self.served(id), slot)
            {
                let advice = self.advice(&[path, owner]);
                let message = format!("is also in {owner}, which comes first in path order{advice}");
                report.push(duplicate(path, slot, message, &format!("the one in {owner}"), self.served(id)));
            }
        }
        report.sort();
        report
    }

    /// Whether a file, or one below it if it is a directory, has objects.
    fn gives(&self, path: &str, file: &File) -> bool {
        let mut below = self.below(path).filter(|it| disk::is_below(it, path));
        !file.slots.is_empty() || below.any(|it| self.files.get(it).is_some_and(|file| !file.slots.is_empty()))
    }

    /// What to do about an object that stands in two files, if one of them is part of a kustomization.
    fn advice(&self, paths: &[&Arc<str>]) -> &'static str {
        let is_kustomized = |path: &Arc<str>| {
            let mut above = Path::new(&**path).ancestors().skip(1).filter_map(Path::to_str);
            above.any(|directory| {
                let at = |name: &&str| format!("{directory}{}{name}", if directory.is_empty() { "" } else { "/" });
                KUSTOMIZATIONS.iter().any(|name| self.has(&at(name)))
            })
        };
        if paths.iter().any(|path| is_kustomized(path)) { KUSTOMIZE } else { "" }
    }

    /// Says what is wrong with a file, unless that has been said.
    pub(super) fn say(&mut self, path: &Arc<str>) -> Option<Event> {
        let file = self.files.get(path)?;
        let report: Vec<Rejected> = self.report(path, file).into_iter().map(|it| it.rejected).collect();
        let file = self.files.get_mut(path)?;
        if file.reported == report {
            return None;
        }
        file.reported.clone_from(&report);
        Some(event(path, report))
    }
}

/// An issue, as it is told. A template in the place of what was served is a mistake like any text that can't be parsed.
pub(super) fn told(path: &Arc<str>, offset: u32, issue: &Issue, keeps: bool) -> RejectedAt {
    let issue = issue.clone();
    let issue = if keeps { Issue { reason: Reason::Unparsable, meanwhile: KEPT, ..issue } } else { issue };
    issue.of_file(path, offset)
}

/// Tells of an object that has the name of another one, of which `which` is in force.
fn duplicate(path: &Arc<str>, slot: &Slot, message: String, which: &str, first: Option<&Slot>) -> RejectedAt {
    let is_unusable = first.is_some_and(|first| first.located.converted.object.is_none());
    let does = if is_unusable { "counts, though it can't be used" } else { "is served" };
    let issue = Issue { value: slot.id().to_string(), ..Issue::new(slot.line(), Reason::Duplicate, message) };
    let mut told = issue.of_file(path, 0);
    told.rejected.meanwhile = format!("{which} {does}");
    told
}
