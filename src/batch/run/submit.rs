use super::{CONCURRENT_REQUESTS, Run};
use crate::batch::state::Event;
use up42_core::error::{Error, ErrorKind, Result};
use up42_core::parallel::in_parallel;
use up42_view::elements::counted;

/// Batch whose request created a job.
enum Source {
    Own,
    /// Another batch.
    Another,
}

impl Run<'_> {
    /// Creates the jobs. Fails only if a request is refused for a reason that holds for all jobs,
    /// and the batch has no jobs.
    pub(super) fn submit(&mut self, submissions: &[usize]) -> Result<()> {
        let at = self.clock.now();
        self.record(submissions.iter().map(|item| Event::Intent { item: *item, at }).collect())?;
        let requests: Vec<_> = submissions.iter().map(|item| self.submission(*item)).collect();
        let answers: Vec<Result<_>> = in_parallel(&requests, CONCURRENT_REQUESTS, |request| {
            Ok(match self.service.reserve(request)? {
                Some(job) => (job, Source::Another),
                None => (self.service.create(request)?, Source::Own),
            })
        });
        self.absent.retain(|item| !submissions.contains(item));
        let (mut stop, mut shortage) = (None, None);
        let mut events = Vec::with_capacity(answers.len());
        for (item, answer) in submissions.iter().copied().zip(answers) {
            let at = self.clock.now();
            let error = match answer {
                Ok((job, source)) => {
                    self.last_error = None;
                    events.push(match source {
                        Source::Own => Event::Submitted { item, job },
                        Source::Another => {
                            self.found.insert(item);
                            Event::Seen { item, job }
                        }
                    });
                    continue;
                }
                Err(error) => error,
            };
            events.push(match error.kind() {
                // These hold for all further jobs as well; no job was created.
                ErrorKind::Auth | ErrorKind::NotFound | ErrorKind::Io => {
                    stop = Some(error);
                    Event::Deferred { item, at }
                }
                ErrorKind::Credits => {
                    shortage = Some(error);
                    Event::Deferred { item, at }
                }
                ErrorKind::Busy => Event::Deferred { item, at },
                ErrorKind::Network | ErrorKind::Server | ErrorKind::Response => {
                    self.last_error = Some(error.clone());
                    match error.may_be_carried_out() {
                        true => Event::Lost { item, at, error },
                        false => Event::Deferred { item, at },
                    }
                }
                _ => Event::Rejected { item, error },
            });
        }
        let refused = events.iter().find_map(|event| match event {
            Event::Rejected { item, .. } => Some(*item),
            _ => None,
        });
        self.record(events)?;
        if let Some(error) = shortage {
            self.state.record_shortage(error);
        }
        if let Some(item) = refused.filter(|_| self.policy.limits.stops_on_failure()) {
            self.state.stop_sending(self.stopped_by(item));
        }
        let Some(error) = stop else { return Ok(()) };
        if self.has_no_job() {
            return Err(error);
        }
        self.state.stop_sending(error);
        Ok(())
    }

    /// Returns the error with the number of missing credits: the highest prices of the jobs that
    /// wait, or the platform's minimum balance if that is more, minus the balance. Called when no
    /// job is unfinished, so that no credits are held.
    pub(super) fn shortage(&self, refusal: Error) -> Error {
        let waiting: Vec<_> = self.state.waiting().map(|item| self.items[item].parameters.clone()).collect();
        let message = match (self.service.balance(), self.service.prices(&waiting)) {
            (Ok(balance), Ok(prices)) => {
                let least = self.service.least_balance();
                let most = prices.into_iter().fold(0, i64::saturating_add);
                let missing = most.max(least).saturating_sub(balance);
                let jobs = counted(waiting.len(), "more job");
                let message = format!("{jobs} may cost up to {most} credits, and the balance is {balance}");
                match missing {
                    1.. if most < least => {
                        format!("{message}, where the platform wants {least}: {missing} credits are missing")
                    }
                    1.. => format!("{message}: {missing} credits are missing"),
                    _ => format!("{message}, of which others may hold some"),
                }
            }
            (Ok(balance), Err(_)) => format!("credits are missing: the balance is {balance}"),
            (Err(_), _) => "credits are missing".to_owned(),
        };
        refusal.context(format!("{message}; add some, and run the batch again"))
    }
}
