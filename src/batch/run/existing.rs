//! Search for jobs that exist although the journal does not know them.
//!
//! A journal that was restored from a copy lacks the jobs that were sent since, and a batch of
//! orders may contain orders that another batch has bought. Before a run sends its first job, it
//! therefore searches for the jobs of the items that wait, also under the names that they had
//! before they were retried: a lost job may have appeared since. This is not possible where lists
//! contain no names (OGC API - Processes).

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::Run;
use crate::batch::backend::Mark;
use crate::batch::listing::Listing;
use crate::batch::state::Event;
use crate::batch::submission::Submission;
use crate::jobs::Job;
use up42_core::error::{Context, Error, ErrorKind, Result};

/// Largest time by which the clock of the machine that created the journal may have been ahead of
/// the platform's.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

impl Run<'_> {
    /// Searches for existing jobs, once in a run. Returns whether items may be sent now. Fails only
    /// if the search is refused and the batch has no jobs.
    pub(super) fn may_send(&mut self) -> Result<bool> {
        if self.has_searched {
            return Ok(true);
        }
        let waiting: Vec<usize> = self.state.waiting().collect();
        let found = self.existing(&waiting).context("look for jobs that exist already");
        let error = match found {
            Ok(found) => {
                self.has_searched = true;
                self.found.extend(found.iter().map(|(item, _)| *item));
                self.record(found.into_iter().map(|(item, job)| Event::Seen { item, job }).collect())?;
                return Ok(true);
            }
            Err(error) => error,
        };
        match error.kind() {
            // Nothing is bought before the search has succeeded; it is repeated.
            ErrorKind::Network | ErrorKind::Server | ErrorKind::Response | ErrorKind::Busy => {
                self.state.pause_sending(self.clock.now());
                self.last_error = Some(error);
            }
            _ if self.has_no_job() => return Err(error),
            _ => self.state.stop_sending(error),
        }
        Ok(false)
    }

    fn existing(&self, waiting: &[usize]) -> Result<Vec<(usize, Job)>> {
        // A retried item may have been lost before: each of its names is searched.
        let sent = waiting.iter().flat_map(|item| {
            let now = self.submission(*item);
            (0..=now.retries).rev().map(move |retries| Submission { retries, ..now })
        });
        let sent: Vec<Submission> = sent.collect();
        let mut found: Vec<(usize, Job)> = match self.service.existing(&sent) {
            Some(found) => found?.into_iter().map(|(place, job)| (sent[place].item, job)).collect(),
            // No other batch uses the names of this one.
            None if !self.existed => Vec::new(),
            None => self.listed(sent.iter().map(|one| (self.service.mark(one), one.item)).collect())?,
        };
        found.retain(|(_, job)| !self.state.is_former(&job.id));
        Ok(found)
    }

    /// Returns the jobs in the list with these marks.
    fn listed(&self, mut marks: HashMap<String, usize>) -> Result<Vec<(usize, Job)>> {
        let created = self.created.parse::<Timestamp>().ok().and_then(|at| at.checked_sub(SKEW).ok());
        let (mut found, mut listing) = (Vec::new(), Listing::new(self.service));
        while !marks.is_empty()
            && let Some(jobs) = listing.page()?
        {
            let is_past = is_past(&jobs, created);
            for job in jobs {
                let Mark::Names(names) = self.service.mark_of(&job) else { continue };
                if let Some(item) = names.iter().find_map(|name| marks.remove(name)) {
                    found.push((item, job));
                }
            }
            if is_past {
                return Ok(found);
            }
        }
        if !marks.is_empty() && !listing.is_whole() {
            return Err(Error::response("the list of jobs cannot be read to its end"));
        }
        Ok(found)
    }
}

/// Returns whether this page, and all later ones, only contain jobs older than the journal. This
/// holds for lists with the newest jobs first; a server may ignore the requested order.
fn is_past(page: &[Job], journal: Option<Timestamp>) -> bool {
    let is_older = |job: &Job| job.created.zip(journal).is_some_and(|(created, journal)| created < journal);
    let is_newest_first = page.is_sorted_by(|one, next| one.created >= next.created);
    !page.is_empty() && is_newest_first && page.iter().all(is_older)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::JobStatus;

    #[test]
    fn reading_ends_early_only_in_a_list_sorted_by_newest() {
        let created = |day: &str| format!("{day}T00:00:00Z").parse().ok();
        let job = |day: &str| Job { created: created(day), ..Job::new(day, JobStatus::Succeeded) };
        let is_past = |days: &[&str]| {
            let page: Vec<Job> = days.iter().map(|day| job(day)).collect();
            is_past(&page, "2026-06-01T00:00:00Z".parse().ok())
        };
        assert!(is_past(&["2026-05-30", "2026-05-29", "2026-05-29"]));
        assert!(!is_past(&["2026-06-02", "2026-05-29"]), "one is newer");
        assert!(!is_past(&["2020-01-01", "2020-01-02"]), "the newest come last");
        assert!(!is_past(&["2020-01-02", ""]), "one has no date");
        assert!(!is_past(&[]));
    }
}
