use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Run;
use super::lost_job_matcher::{LostJob, LostJobMatcher};
use crate::batch::backend::Mark;
use crate::batch::listing::Listing;
use crate::batch::state::{Event, Phase};
use crate::jobs::JobId;
use up42_core::error::{Error, ErrorKind, Result};

/// Largest number of list pages in one poll, if no complete list is needed. Jobs on later pages are
/// requested one by one.
const PAGES: usize = 10;
/// Number of jobs in one request by ids.
const IDS: usize = 100;

/// Result of one poll of the service.
pub(super) struct Poll {
    requested_at: Duration,
    /// Jobs, and lost items by their marks, that were not found so far.
    unfinished: HashMap<JobId, usize>,
    pub(super) lost: HashMap<String, usize>,
    /// Candidates for lost jobs, where lists contain no names.
    matcher: LostJobMatcher,
    /// Jobs that the service does not know when they are requested one by one.
    unknown: HashMap<JobId, usize>,
    /// Unfinished jobs of others.
    others: HashSet<JobId>,
    pub(super) events: Vec<Event>,
    /// Whether the list was read to its end, every entry could be parsed, and every page had a new
    /// job: some servers ignore the page number.
    is_whole: bool,
    /// Whether the service has sent any response.
    is_answered: bool,
    /// Last error.
    failure: Option<Error>,
}

impl Poll {
    /// Records an error, and whether the service has sent a response.
    fn fail(&mut self, error: Error) {
        self.is_answered |= error.kind() != ErrorKind::Network;
        self.failure = Some(error);
    }
}

impl Run<'_> {
    /// Reads the list until every unfinished job is found, or requests the jobs by their ids, a
    /// hundred in one request. Jobs that cannot be read now are read in the next poll.
    pub(super) fn poll(&mut self) -> Result<()> {
        let mut poll = self.start_poll();
        let has_ids = self.read_by_ids(&mut poll);
        if poll.failure.is_none() && (!has_ids || !poll.lost.is_empty()) {
            let most = if self.state.wants_whole_list(poll.requested_at) { usize::MAX } else { PAGES };
            self.read_list(&mut poll, most);
        }
        if poll.failure.is_none() {
            let foreign = self.foreign(&mut poll.others);
            self.state.set_limit(self.limit.user.min(self.limit.service.saturating_sub(foreign)));
        }
        self.read_unlisted(&mut poll);
        self.evaluate_unknown(&mut poll);
        self.evaluate_lost(&mut poll);
        self.last_error = poll.failure;
        self.record(poll.events)?;
        self.state.expire_unknown(self.clock.now());
        Ok(())
    }

    fn start_poll(&self) -> Poll {
        let (mut unfinished, mut lost, mut matcher) =
            (HashMap::new(), HashMap::new(), LostJobMatcher::default());
        for (item, phase) in self.state.phases().iter().enumerate() {
            if let Some(id) = phase.unfinished_id() {
                unfinished.insert(id.clone(), item);
            }
            if phase.is_lost() {
                lost.insert(self.service.mark(&self.submission(item)), item);
            }
        }
        if !lost.is_empty() {
            matcher = LostJobMatcher::excluding(self.state.known_jobs());
        }
        Poll {
            requested_at: self.clock.now(),
            unfinished,
            lost,
            matcher,
            unknown: HashMap::new(),
            others: HashSet::new(),
            events: Vec::new(),
            is_whole: false,
            is_answered: false,
            failure: None,
        }
    }

    /// Reads jobs by their ids. Returns whether this was possible.
    fn read_by_ids(&self, poll: &mut Poll) -> bool {
        let ids: Vec<JobId> = poll.unfinished.keys().cloned().collect();
        let mut has_ids = false;
        for ids in ids.chunks(IDS) {
            let Some(jobs) = self.service.jobs(ids) else { return false };
            has_ids = true;
            match jobs {
                Ok(jobs) => {
                    poll.is_answered = true;
                    for job in jobs {
                        if let Some(item) = poll.unfinished.remove(&job.id) {
                            poll.events.push(Event::Seen { item, job });
                        }
                    }
                }
                Err(error) => {
                    poll.fail(error);
                    break;
                }
            }
        }
        has_ids
    }

    fn read_list(&self, poll: &mut Poll, most: usize) {
        let mut listing = Listing::new(self.service);
        for _ in 0..most {
            if poll.unfinished.is_empty() && poll.lost.is_empty() {
                break;
            }
            let jobs = match listing.page() {
                Ok(Some(jobs)) => jobs,
                Ok(None) => break,
                Err(error) => return poll.fail(error),
            };
            poll.is_answered = true;
            for job in jobs {
                let mut item = poll.unfinished.remove(&job.id);
                if item.is_none() && !poll.lost.is_empty() {
                    item = match self.service.mark_of(&job) {
                        Mark::Names(names) => names.iter().find_map(|name| poll.lost.remove(name)),
                        mark => {
                            poll.matcher.add(mark, &job);
                            None
                        }
                    };
                }
                match item {
                    Some(item) => poll.events.push(Event::Seen { item, job }),
                    None if !job.status.is_terminal() => drop(poll.others.insert(job.id)),
                    None => {}
                }
            }
        }
        poll.is_whole = listing.is_whole();
        if poll.is_whole {
            self.match_lost_jobs(poll);
        }
    }

    /// Assigns listed jobs to lost items, where the inputs leave no doubt.
    fn match_lost_jobs(&self, poll: &mut Poll) {
        let find = |(name, item): (&String, &usize)| {
            Some((name.clone(), *item, poll.matcher.unique_match(self.lost(*item)?)?))
        };
        let found: Vec<_> = poll.lost.iter().filter_map(find).collect();
        for (name, item, job) in &found {
            // A job that matches two lost items is assigned to neither.
            if found.iter().filter(|(_, _, other)| other.id == job.id).count() == 1 {
                poll.lost.remove(name);
                poll.events.push(Event::Seen { item: *item, job: job.clone() });
            }
        }
    }

    fn lost(&self, item: usize) -> Option<LostJob<'_>> {
        let Phase::Lost { sent, .. } = self.state.phase(item) else { return None };
        Some(LostJob { inputs: &self.items[item].parameters.inputs, sent: *sent })
    }

    /// Returns the number of unfinished jobs of others, which take slots too. A late list may show
    /// jobs of this batch as unfinished: these are not counted.
    fn foreign(&self, others: &mut HashSet<JobId>) -> usize {
        if !others.is_empty() {
            for job in self.state.phases().iter().filter_map(|phase| phase.job()) {
                others.remove(&job.id);
            }
        }
        others.len()
    }

    /// Requests the jobs that the list did not contain: it may be late, or too long.
    fn read_unlisted(&mut self, poll: &mut Poll) {
        for (id, item) in std::mem::take(&mut poll.unfinished) {
            let error = match self.service.job(&id) {
                Ok(job) => {
                    poll.is_answered = true;
                    poll.events.push(Event::Seen { item, job });
                    continue;
                }
                Err(error) => error,
            };
            poll.is_answered |= error.kind() != ErrorKind::Network;
            match error.kind() {
                ErrorKind::NotFound => drop(poll.unknown.insert(id, item)),
                // The requests for the other jobs would time out or fail to log in as well.
                ErrorKind::Network | ErrorKind::Auth => return poll.failure = Some(error),
                _ => poll.failure = Some(error),
            }
        }
    }

    /// Counts polls in which the service does not know a job. During an outage, a service may
    /// answer 404 for a job that runs and is paid, so a complete list must lack the job as well.
    fn evaluate_unknown(&mut self, poll: &mut Poll) {
        if poll.unknown.is_empty() {
            return;
        }
        if !poll.is_whole && poll.failure.is_none() {
            poll.unfinished = std::mem::take(&mut poll.unknown);
            self.read_list(poll, usize::MAX);
            poll.unknown = std::mem::take(&mut poll.unfinished);
        }
        let now = self.clock.now();
        for item in poll.unknown.values() {
            match poll.is_whole {
                true => poll.events.extend(self.state.record_miss(*item, now)),
                false => self.state.record_unverified(*item, now),
            }
        }
    }

    /// Decides on the lost items that no list contained. While the service cannot be reached,
    /// nothing is decided; if it responds without a complete list for long enough, they become
    /// unproven.
    fn evaluate_lost(&mut self, poll: &mut Poll) {
        // Before this time nothing can be decided.
        if poll.lost.is_empty() || !self.state.wants_whole_list(poll.requested_at) {
            return;
        }
        if !poll.is_answered && !self.is_reachable() {
            return;
        }
        let proves = poll.is_whole && self.service.list_proves();
        for item in std::mem::take(&mut poll.lost).into_values() {
            let may_match = self.lost(item).is_some_and(|lost| poll.matcher.may_match(lost));
            let event = self.state.evaluate_absence(item, poll.requested_at, proves && !may_match);
            if matches!(event, Some(Event::Absent { .. })) {
                self.absent.insert(item);
            }
            poll.events.extend(event);
        }
    }

    fn is_reachable(&self) -> bool {
        self.service.reach().err().is_none_or(|error| error.kind() != ErrorKind::Network)
    }
}
