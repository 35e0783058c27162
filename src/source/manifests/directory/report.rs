//! What is wrong with files, as it is said.

use std::path::Path;
use std::sync::Arc;

use crate::model::{Concern, Converted, Event, ObjectRef, Reason, Rejected};

use super::super::contents::reject;
use super::super::disk;
use super::super::document::{Complaint, IGNORED, KEPT};
use super::ours::is_in_place;
use super::{Directory, File, Slot, Trouble};

/// How many complaints one file may cause; a file of a million broken documents tells nothing more than one of hundred.
const MAX_COMPLAINTS: usize = 100;

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
    pub(super) fn report(&self, path: &Arc<str>, file: &File) -> Vec<(Option<u32>, Rejected)> {
        let mut report: Vec<(Option<u32>, Rejected)> = self
            .complaints(path, file)
            .take(MAX_COMPLAINTS)
            .map(|(line, complaint, document)| (Some(line), told(path, line, complaint, is_in_place(file, document))))
            .collect();
        if let (more @ 1.., Some((Some(line), last))) =
            (self.complaints(path, file).skip(MAX_COMPLAINTS).count(), report.last_mut())
        {
            last.message = format!("{}; {more} more mistakes follow below line {line}", last.message);
        }
        if let Some(trouble) = &file.trouble {
            let (reason, why, meanwhile) = match trouble {
                Trouble::Dangling(why) | Trouble::Unreadable(why) if !self.gives(path, file) => {
                    (Reason::DoubtfulObject, why, IGNORED)
                }
                Trouble::Dangling(why) | Trouble::Unreadable(why) => {
                    (Reason::Unparsable, why, "what the file gave before stays")
                }
            };
            report.push((None, reject(path, None, String::new(), reason, why.clone(), meanwhile.to_owned())));
        }
        for slot in &file.repeated {
            let first = file.slot(slot.id());
            if self.is_either_ours(first, slot) {
                let line = first.map_or(0, Slot::line);
                let advice = self.advice(&[path]);
                let message = format!("stands in this file twice; the first one, in line {line}, has the name{advice}");
                report.push(duplicate(path, slot.line(), slot.id(), message, meanwhile("the first one", first)));
            }
        }
        // Something that is about to go needs no advice.
        for id in self.contested.iter().filter(|_| !file.leaving) {
            if let (Some(slot), Some(owner)) = (file.slot(id), self.owner(id))
                && owner != path
                && self.is_either_ours(self.served(id), slot)
            {
                let advice = self.advice(&[path, owner]);
                let message = format!("is also in {owner}, which comes first in path order{advice}");
                let meanwhile = meanwhile(&format!("the one in {owner}"), self.served(id));
                report.push(duplicate(path, slot.line(), id, message, meanwhile));
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
        let report: Vec<Rejected> = self.report(path, file).into_iter().map(|(_, rejected)| rejected).collect();
        let file = self.files.get_mut(path)?;
        if file.reported == report {
            return None;
        }
        file.reported.clone_from(&report);
        Some(event(path, report))
    }
}

/// A complaint, as it is told. A template in the place of what was served is a mistake like any text that can't be parsed.
pub(super) fn told(path: &Arc<str>, line: u32, complaint: &Complaint, keeps: bool) -> Rejected {
    let Complaint { line: _, value, reason, message, meanwhile, concern: _ } = complaint;
    let (reason, meanwhile) = if keeps { (Reason::Unparsable, KEPT) } else { (*reason, *meanwhile) };
    reject(path, Some(line), value.clone(), reason, message.clone(), meanwhile.to_owned())
}

/// What is in force of several objects with one name, of which `first` has it.
fn meanwhile(which: &str, first: Option<&Slot>) -> String {
    if first.is_some_and(|first| first.located.converted.object.is_none()) {
        format!("{which} counts, though it can't be used")
    } else {
        format!("{which} is served")
    }
}

fn duplicate(
    path: &Arc<str>,
    line: u32,
    id: &ObjectRef,
    message: String,
    meanwhile: String,
) -> (Option<u32>, Rejected) {
    (Some(line), reject(path, Some(line), id.to_string(), Reason::Duplicate, message, meanwhile))
}
