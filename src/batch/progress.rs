use std::collections::BTreeMap;
use std::time::Duration;

use super::state::{Phase, State};
use crate::error::Error;
use crate::jobs::JobStatus;
use crate::plain::plain;

/// Progress as lines that are only ever added: a notebook cannot change a line that
/// it has shown.
pub(super) struct Progress {
    is_quiet: bool,
    shown: Option<Shown>,
    at: Duration,
    /// When nothing changes, the next line comes after this time.
    patience: Duration,
}

/// What the last line told.
#[derive(Debug, PartialEq)]
struct Shown {
    ended: usize,
    created: usize,
    /// What is told without delay: that a job failed at all, that nothing more is sent,
    /// and words for a status that nobody knows.
    news: (bool, bool, usize),
}

/// Lines come at least this far apart, and by this part of the time so far: a run of a
/// week has a few lines more than one of an hour.
const APART: Duration = Duration::from_secs(2);
const PART: u32 = 20;
/// How long it may be silent when nothing changes: first, and at most.
const SILENT: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(900)];

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        Self { is_quiet, shown: None, at: Duration::ZERO, patience: SILENT[0] }
    }

    /// Prints a line when there is one to be printed.
    pub(super) fn show(
        &mut self,
        state: &State,
        trouble: Option<&Error>,
        eta: impl FnOnce() -> Option<Duration>,
        now: Duration,
    ) {
        if let Some(line) = self.line(state, trouble, eta, now) {
            println!("{line}");
        }
    }

    /// A line when something has changed, or when nothing has for long: then with the
    /// trouble that may be why.
    fn line(
        &mut self,
        state: &State,
        trouble: Option<&Error>,
        eta: impl FnOnce() -> Option<Duration>,
        now: Duration,
    ) -> Option<String> {
        if self.is_quiet {
            return None;
        }
        let count = |is: &dyn Fn(&Phase) -> bool| state.phases().iter().filter(|phase| is(phase)).count();
        let ended = count(&Phase::has_ended);
        let succeeded = count(&Phase::has_succeeded);
        let total = state.phases().len();
        let strange = strange(state);
        let stop = state.stop().or(state.shortage());
        let news = (ended > succeeded, stop.is_some(), strange.len());
        let shows = Shown { ended, created: count(&|phase| phase.job().is_some()), news };
        let has_changed = self.shown.as_ref() != Some(&shows);
        let is_due = match &self.shown {
            None => true,
            Some(shown) if shown.news != news || (has_changed && ended == total) => true,
            Some(_) if has_changed => now >= self.at + APART.max(now / PART),
            Some(_) => now >= self.at + self.patience,
        };
        if !is_due {
            return None;
        }
        self.patience = if has_changed { SILENT[0] } else { (self.patience * 2).min(SILENT[1]) };
        let is_stop_news = self.shown.as_ref().is_none_or(|shown| !shown.news.1);
        (self.shown, self.at) = (Some(shows), now);
        let is_status =
            |status: &JobStatus, phase: &Phase| !phase.has_ended() && phase.status() == Some(status);
        let running = count(&|phase| is_status(&JobStatus::Running, phase));
        let unfinished = count(&|phase| phase.unfinished_id().is_some());
        let odd: usize = strange.values().sum();
        let mut line = format!("{:>6}  {ended}/{total}  {succeeded} succeeded", told(now));
        let mut others = vec![
            (ended - succeeded, "without results".to_owned()),
            (running, "running".to_owned()),
            (unfinished - running - odd, "queued".to_owned()),
        ];
        others.extend(
            strange.into_iter().map(|(word, jobs)| (jobs, format!("`{word}`, a status not known here"))),
        );
        others.push((total - ended - unfinished, "to come".to_owned()));
        for (count, word) in others.iter().filter(|(count, _)| *count > 0) {
            line += &format!(", {count} {word}");
        }
        if let Some(left) = eta().filter(|_| ended < total) {
            line += &format!("; about {} left", told(left));
        }
        if let Some(stop) = stop.filter(|_| is_stop_news && ended < total) {
            line += &format!("; nothing more is sent: {}", plain(&stop.to_string(), 400));
        } else if let Some(trouble) = trouble.filter(|_| ended < total) {
            line += &format!("; trying again: {}", plain(&trouble.to_string(), 200));
        }
        Some(line)
    }
}

/// Words for the status of unfinished jobs that this version does not know, and how many
/// jobs have each.
fn strange(state: &State) -> BTreeMap<&str, usize> {
    let mut words = BTreeMap::new();
    for phase in state.phases().iter().filter(|phase| !phase.has_ended()) {
        if let Some(JobStatus::Unknown(word)) = phase.status() {
            *words.entry(word.as_str()).or_default() += 1;
        }
    }
    words
}

/// A time in the units that matter: `42 s`, `7 min`, `3 h 20 min`.
fn told(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests;
