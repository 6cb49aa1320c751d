use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Run;
use crate::batch::service::Service;
use crate::batch::state::Event;
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::JobId;

/// Pages of the job list that one look reads at most; jobs beyond are asked one by one.
const PAGES: usize = 10;

/// What a look at the platform tells.
struct Look {
    asked: Duration,
    /// Jobs and lost items that were not seen so far.
    unfinished: HashMap<JobId, usize>,
    lost: HashMap<String, usize>,
    /// What others may have running in the project.
    others: HashSet<JobId>,
    events: Vec<Event>,
    /// The list was read to its end, every entry could be read, and every page had
    /// something new: some servers know no pages.
    is_whole: bool,
    /// The platform answered something.
    is_answered: bool,
    /// Why something could not be read.
    failure: Option<Error>,
}

impl<S: Service> Run<'_, S> {
    /// Reads the list until every unfinished job was seen: a request for a hundred
    /// jobs, not one for each. What cannot be read now is read the next time: the jobs
    /// go on.
    pub(super) fn look(&mut self) -> Result<()> {
        let mut look = self.look_out();
        self.read_list(&mut look);
        if look.failure.is_none() {
            let foreign = self.foreign(&mut look.others);
            self.state.set_limit(self.limit.asked.min(self.limit.project.saturating_sub(foreign)));
        }
        self.read_unlisted(&mut look);
        self.judge_lost(&mut look);
        self.trouble = look.failure;
        self.keep(look.events)?;
        self.state.watch(self.service.now());
        Ok(())
    }

    fn look_out(&self) -> Look {
        let (mut unfinished, mut lost) = (HashMap::new(), HashMap::new());
        for (item, phase) in self.state.phases().iter().enumerate() {
            if let Some(id) = phase.unfinished_id() {
                unfinished.insert(id.clone(), item);
            }
            if phase.is_lost() {
                lost.insert(self.job_name(item), item);
            }
        }
        Look {
            asked: self.service.now(),
            unfinished,
            lost,
            others: HashSet::new(),
            events: Vec::new(),
            is_whole: false,
            is_answered: false,
            failure: None,
        }
    }

    fn read_list(&self, look: &mut Look) {
        let most = if self.state.wants_whole_list(look.asked) { usize::MAX } else { PAGES };
        let mut can_be_read = true;
        let mut listed: HashSet<JobId> = HashSet::new();
        for page in 0..most {
            if look.unfinished.is_empty() && look.lost.is_empty() {
                break;
            }
            let page = match self.service.page(page) {
                Ok(Some(page)) => page,
                Ok(None) => {
                    (look.is_answered, look.is_whole) = (true, can_be_read);
                    break;
                }
                Err(error) => {
                    look.is_answered |= error.kind() != ErrorKind::Network;
                    look.failure = Some(error);
                    break;
                }
            };
            look.is_answered = true;
            can_be_read &= page.is_whole;
            let before = listed.len();
            listed.extend(page.jobs.iter().map(|job| job.id.clone()));
            if listed.len() == before {
                break;
            }
            for job in page.jobs {
                let by_name = || job.name.as_ref().and_then(|name| look.lost.remove(name));
                match look.unfinished.remove(&job.id).or_else(by_name) {
                    Some(item) => look.events.push(Event::Seen { item, job }),
                    None if !job.status.is_terminal() => drop(look.others.insert(job.id)),
                    None => {}
                }
            }
        }
    }

    /// How many jobs others run in the project: they take slots too. A list that lags
    /// behind has some of ours among them.
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
                ErrorKind::NotFound => look.events.extend(self.state.miss(item, self.service.now())),
                // The others would wait as long for nothing, or be as many refused logins.
                ErrorKind::Network | ErrorKind::Auth => return look.failure = Some(error),
                _ => look.failure = Some(error),
            }
        }
    }

    /// Says what becomes of the lost items that no list had. A platform that cannot be
    /// reached says nothing; one that answers anything but its list has had its say.
    fn judge_lost(&mut self, look: &mut Look) {
        // Until then nothing can be said.
        if look.lost.is_empty() || !self.state.wants_whole_list(look.asked) {
            return;
        }
        if !look.is_answered && !self.is_reachable() {
            return;
        }
        let lost = std::mem::take(&mut look.lost).into_values();
        look.events.extend(lost.filter_map(|item| self.state.judge(item, look.asked, look.is_whole)));
    }

    fn is_reachable(&self) -> bool {
        self.service.balance().err().is_none_or(|error| error.kind() != ErrorKind::Network)
    }
}
