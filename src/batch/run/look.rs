use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Run;
use super::traces::{Lost, Traces};
use crate::batch::backend::Mark;
use crate::batch::listing::Listing;
use crate::batch::state::{Event, Phase};
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobId;

/// Pages of the job list that one look reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;
/// Jobs that one request asks for by their ids.
const IDS: usize = 100;

/// What a look at the service tells.
pub(super) struct Look {
    asked: Duration,
    /// Jobs and lost items that were not seen so far, the latter by their marks.
    unfinished: HashMap<JobId, usize>,
    pub(super) lost: HashMap<String, usize>,
    /// Jobs that may be lost ones, where lists know no names.
    traces: Traces,
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

impl Look {
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
    pub(super) fn look(&mut self) -> Result<()> {
        let mut look = self.look_out();
        let has_ids = self.read_by_ids(&mut look);
        if look.failure.is_none() && (!has_ids || !look.lost.is_empty()) {
            let most = if self.state.wants_whole_list(look.asked) { usize::MAX } else { PAGES };
            self.read_list(&mut look, most);
        }
        if look.failure.is_none() {
            let foreign = self.foreign(&mut look.others);
            self.state.set_limit(self.limit.asked.min(self.limit.service.saturating_sub(foreign)));
        }
        self.read_unlisted(&mut look);
        self.judge_unknown(&mut look);
        self.judge_lost(&mut look);
        self.trouble = look.failure;
        self.keep(look.events)?;
        self.state.watch(self.clock.now());
        Ok(())
    }

    fn look_out(&self) -> Look {
        let (mut unfinished, mut lost, mut traces) = (HashMap::new(), HashMap::new(), Traces::default());
        for (item, phase) in self.state.phases().iter().enumerate() {
            if let Some(id) = phase.unfinished_id() {
                unfinished.insert(id.clone(), item);
            }
            if phase.is_lost() {
                lost.insert(self.service.mark(&self.submission(item)), item);
            }
        }
        if !lost.is_empty() {
            traces = Traces::besides(self.state.known_jobs());
        }
        Look {
            asked: self.clock.now(),
            unfinished,
            lost,
            traces,
            unknown: HashMap::new(),
            others: HashSet::new(),
            events: Vec::new(),
            is_whole: false,
            is_answered: false,
            failure: None,
        }
    }

    /// Whether jobs are asked for by ids here.
    fn read_by_ids(&self, look: &mut Look) -> bool {
        let ids: Vec<JobId> = look.unfinished.keys().cloned().collect();
        let mut has_ids = false;
        for ids in ids.chunks(IDS) {
            let Some(jobs) = self.service.jobs(ids) else { return false };
            has_ids = true;
            match jobs {
                Ok(jobs) => {
                    look.is_answered = true;
                    for job in jobs {
                        if let Some(item) = look.unfinished.remove(&job.id) {
                            look.events.push(Event::Seen { item, job });
                        }
                    }
                }
                Err(error) => {
                    look.fail(error);
                    break;
                }
            }
        }
        has_ids
    }

    fn read_list(&self, look: &mut Look, most: usize) {
        let mut listing = Listing::new(self.service);
        for _ in 0..most {
            if look.unfinished.is_empty() && look.lost.is_empty() {
                break;
            }
            let jobs = match listing.page() {
                Ok(Some(jobs)) => jobs,
                Ok(None) => break,
                Err(error) => return look.fail(error),
            };
            look.is_answered = true;
            for job in jobs {
                let mut item = look.unfinished.remove(&job.id);
                if item.is_none() && !look.lost.is_empty() {
                    item = match self.service.mark_of(&job) {
                        Mark::Names(names) => names.iter().find_map(|name| look.lost.remove(name)),
                        mark => {
                            look.traces.add(mark, &job);
                            None
                        }
                    };
                }
                match item {
                    Some(item) => look.events.push(Event::Seen { item, job }),
                    None if !job.status.is_terminal() => drop(look.others.insert(job.id)),
                    None => {}
                }
            }
        }
        look.is_whole = listing.is_whole();
        if look.is_whole {
            self.follow_traces(look);
        }
    }

    /// Takes those for lost jobs that nobody else can have asked for.
    fn follow_traces(&self, look: &mut Look) {
        let find = |(name, item): (&String, &usize)| {
            Some((name.clone(), *item, look.traces.only(self.lost(*item)?)?))
        };
        let found: Vec<_> = look.lost.iter().filter_map(find).collect();
        for (name, item, job) in &found {
            // One job is not two lost ones: whose it is stays in doubt.
            if found.iter().filter(|(_, _, other)| other.id == job.id).count() == 1 {
                look.lost.remove(name);
                look.events.push(Event::Seen { item: *item, job: job.clone() });
            }
        }
    }

    fn lost(&self, item: usize) -> Option<Lost<'_>> {
        let Phase::Lost { sent, .. } = self.state.phase(item) else { return None };
        Some(Lost { inputs: &self.items[item].parameters.inputs, sent: *sent })
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
    fn read_unlisted(&mut self, look: &mut Look) {
        for (id, item) in std::mem::take(&mut look.unfinished) {
            let error = match self.service.job(&id) {
                Ok(job) => {
                    look.is_answered = true;
                    look.events.push(Event::Seen { item, job });
                    continue;
                }
                Err(error) => error,
            };
            look.is_answered |= error.kind() != ErrorKind::Network;
            match error.kind() {
                ErrorKind::NotFound => drop(look.unknown.insert(id, item)),
                // The others would wait as long for nothing, or be as many refused logins.
                ErrorKind::Network | ErrorKind::Auth => return look.failure = Some(error),
                _ => look.failure = Some(error),
            }
        }
    }

    /// Counts jobs as missed that the service does not know. An outage may answer so for a job
    /// that runs and is paid, so a list that was read to its end has to lack it as well.
    fn judge_unknown(&mut self, look: &mut Look) {
        if look.unknown.is_empty() {
            return;
        }
        if !look.is_whole && look.failure.is_none() {
            look.unfinished = std::mem::take(&mut look.unknown);
            self.read_list(look, usize::MAX);
            look.unknown = std::mem::take(&mut look.unfinished);
        }
        let now = self.clock.now();
        for item in look.unknown.values() {
            match look.is_whole {
                true => look.events.extend(self.state.miss(*item, now)),
                false => self.state.lose_sight(*item, now),
            }
        }
    }

    /// Says what becomes of the lost items that no list had. A service that cannot be
    /// reached says nothing; one that answers anything but its list has had its say.
    fn judge_lost(&mut self, look: &mut Look) {
        // Until then nothing can be said.
        if look.lost.is_empty() || !self.state.wants_whole_list(look.asked) {
            return;
        }
        if !look.is_answered && !self.is_reachable() {
            return;
        }
        let proves = look.is_whole && self.service.list_proves();
        for item in std::mem::take(&mut look.lost).into_values() {
            let doubt = self.lost(item).is_some_and(|lost| look.traces.doubt(lost));
            let event = self.state.judge(item, look.asked, proves && !doubt);
            if matches!(event, Some(Event::Absent { .. })) {
                self.absent.insert(item);
            }
            look.events.extend(event);
        }
    }

    fn is_reachable(&self) -> bool {
        self.service.reach().err().is_none_or(|error| error.kind() != ErrorKind::Network)
    }
}
