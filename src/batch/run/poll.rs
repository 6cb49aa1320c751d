use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Run;
use super::lost_job_matcher::{LostJob, LostJobMatcher};
use crate::batch::backend::Mark;
use crate::batch::listing::Listing;
use crate::batch::state::{Event, Phase};
use crate::jobs::JobId;
use up42_core::error::{Error, ErrorKind, Result};

/// Pages of the job list that one poll reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;
/// Jobs that one request asks for by their ids.
const IDS: usize = 100;

/// What one poll of the service finds.
pub(super) struct Poll {
    asked: Duration,
    /// Jobs and lost items that were not seen so far, the latter by their marks.
    unfinished: HashMap<JobId, usize>,
    pub(super) lost: HashMap<String, usize>,
    /// Jobs that may be lost ones, where lists know no names.
    matcher: LostJobMatcher,
    /// Jobs that the service does not know, asked for one by one.
    unknown: HashMap<JobId, usize>,
    /// What others may have running there.
    others: HashSet<JobId>,
    pub(super) events: Vec<Event>,
    /// The list was read to its end, every entry could be read, and every page had
    /// something new: some servers know no pages.
    is_whole: bool,
    /// The service answered something.
    is_answered: bool,
    /// Why something could not be read.
    failure: Option<Error>,
}

impl Poll {
    /// Takes note of an error, and says whether anybody answered.
    fn fail(&mut self, error: Error) {
        self.is_answered |= error.kind() != ErrorKind::Network;
        self.failure = Some(error);
    }
}

impl Run<'_> {
    /// Reads the list until every unfinished job was seen, or asks for them by their ids: a
    /// request for a hundred jobs, not one for each. What cannot be read now is read the next
    /// time: the jobs go on.
    pub(super) fn poll(&mut self) -> Result<()> {
        let mut poll = self.start_poll();
        let has_ids = self.read_by_ids(&mut poll);
        if poll.failure.is_none() && (!has_ids || !poll.lost.is_empty()) {
            let most = if self.state.wants_whole_list(poll.asked) { usize::MAX } else { PAGES };
            self.read_list(&mut poll, most);
        }
        if poll.failure.is_none() {
            let foreign = self.foreign(&mut poll.others);
            self.state.set_limit(self.limit.asked.min(self.limit.service.saturating_sub(foreign)));
        }
        self.read_unlisted(&mut poll);
        self.judge_unknown(&mut poll);
        self.judge_lost(&mut poll);
        self.trouble = poll.failure;
        self.keep(poll.events)?;
        self.state.watch(self.clock.now());
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
            asked: self.clock.now(),
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

    /// Whether jobs are asked for by ids here.
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

    /// Takes those for lost jobs that nobody else can have asked for.
    fn match_lost_jobs(&self, poll: &mut Poll) {
        let find = |(name, item): (&String, &usize)| {
            Some((name.clone(), *item, poll.matcher.unique_match(self.lost(*item)?)?))
        };
        let found: Vec<_> = poll.lost.iter().filter_map(find).collect();
        for (name, item, job) in &found {
            // One job is not two lost ones: whose it is stays in doubt.
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

    /// How many jobs others run there: they take slots too. A list that lags behind has some
    /// of ours among them.
    fn foreign(&self, others: &mut HashSet<JobId>) -> usize {
        if !others.is_empty() {
            for job in self.state.phases().iter().filter_map(|phase| phase.job()) {
                others.remove(&job.id);
            }
        }
        others.len()
    }

    /// Asks for the jobs that the list does not show: it may lag, or be too long.
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
                // The others would wait as long for nothing, or be as many refused logins.
                ErrorKind::Network | ErrorKind::Auth => return poll.failure = Some(error),
                _ => poll.failure = Some(error),
            }
        }
    }

    /// Counts jobs as missed that the service does not know. An outage may answer so for a job
    /// that runs and is paid, so a list that was read to its end has to lack it as well.
    fn judge_unknown(&mut self, poll: &mut Poll) {
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
                true => poll.events.extend(self.state.miss(*item, now)),
                false => self.state.lose_sight(*item, now),
            }
        }
    }

    /// Says what becomes of the lost items that no list had. A service that cannot be
    /// reached says nothing; one that answers anything but its list has had its say.
    fn judge_lost(&mut self, poll: &mut Poll) {
        // Until then nothing can be said.
        if poll.lost.is_empty() || !self.state.wants_whole_list(poll.asked) {
            return;
        }
        if !poll.is_answered && !self.is_reachable() {
            return;
        }
        let proves = poll.is_whole && self.service.list_proves();
        for item in std::mem::take(&mut poll.lost).into_values() {
            let may_match = self.lost(item).is_some_and(|lost| poll.matcher.may_match(lost));
            let event = self.state.judge(item, poll.asked, proves && !may_match);
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
