//! What is wrong with files, as it is said.

use std::sync::Arc;

use crate::model::{Event, Lowered, ObjectRef, Reason, Rejected};

use super::super::contents::reject;
use super::{Directory, File};

/// What is said when all that is wrong with a file is `rejected`.
pub(super) fn event(path: &Arc<str>, rejected: Vec<Rejected>) -> Event {
    Event::Apply(Lowered { id: ObjectRef::File(Arc::clone(path)), object: None, rejected })
}

impl Directory {
    /// What is wrong with a file now, by line.
    pub(super) fn report(&self, path: &Arc<str>, file: &File) -> Vec<(Option<u32>, Rejected)> {
        let mut report: Vec<(Option<u32>, Rejected)> =
            file.contents.rejected(path).into_iter().map(|(line, rejected)| (Some(line), rejected)).collect();
        if let Some(trouble) = &file.trouble {
            let meanwhile = "what the file gave before stays".to_owned();
            report.push((None, reject(path, None, String::new(), Reason::Unparsable, trouble.clone(), meanwhile)));
        }
        for (line, id) in &file.repeated {
            let first = file.slot(id).map_or(0, super::Slot::line);
            let message = format!("stands in this file twice; the first one, in line {first}, has the name");
            report.push(duplicate(path, *line, id, message, "the first one is served".to_owned()));
        }
        // Something that is about to go needs no advice.
        for id in self.contested.iter().filter(|_| !file.leaving) {
            if let (Some(slot), Some(owner)) = (file.slot(id), self.owner(id))
                && owner != path
            {
                let message = format!("is also in {owner}, which comes first in path order");
                report.push(duplicate(path, slot.line(), id, message, format!("the one in {owner} is served")));
            }
        }
        report.sort();
        report
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

fn duplicate(
    path: &Arc<str>,
    line: u32,
    id: &ObjectRef,
    message: String,
    meanwhile: String,
) -> (Option<u32>, Rejected) {
    (Some(line), reject(path, Some(line), id.to_string(), Reason::Duplicate, message, meanwhile))
}
