use std::time::Duration;

use super::state::{Phase, State};
use crate::error::Error;
use crate::jobs::JobStatus;
use crate::plain::plain;

/// Progress as lines that are only ever added: a notebook cannot change a line that
/// it has shown.
pub(super) struct Progress {
    is_quiet: bool,
    shown: Option<(usize, usize)>,
    at: Duration,
    /// When nothing changes, the next line comes after this time.
    patience: Duration,
}

/// Lines come at least this far apart, but for the last.
const APART: Duration = Duration::from_secs(2);
/// How long it may be silent when nothing changes: first, and at most.
const SILENT: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(900)];

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        Self { is_quiet, shown: None, at: Duration::ZERO, patience: SILENT[0] }
    }

    /// Prints a line when something has changed, or when nothing has for long: then
    /// with the trouble that may be why.
    pub(super) fn show(&mut self, state: &State, trouble: Option<&Error>, now: Duration) {
        let count = |is: fn(&Phase) -> bool| state.phases().iter().filter(|phase| is(phase)).count();
        let ended = count(Phase::has_ended);
        let created = count(|phase| phase.job().is_some());
        let total = state.phases().len();
        let has_changed = self.shown != Some((ended, created));
        let is_due = match has_changed {
            true => self.shown.is_none() || ended == total || now >= self.at + APART,
            false => now >= self.at + self.patience,
        };
        if self.is_quiet || !is_due {
            return;
        }
        self.patience = if has_changed { SILENT[0] } else { (self.patience * 2).min(SILENT[1]) };
        (self.shown, self.at) = (Some((ended, created)), now);
        let succeeded = count(|phase| phase.status() == Some(&JobStatus::Succeeded));
        let running = count(|phase| phase.status() == Some(&JobStatus::Running));
        let unfinished = count(|phase| phase.unfinished_id().is_some());
        let mut line = format!("{:>4} s  {ended}/{total}  {succeeded} succeeded", now.as_secs());
        let others = [
            (ended - succeeded, "without results"),
            (running, "running"),
            (unfinished - running, "queued"),
            (total - ended - unfinished, "to come"),
        ];
        for (count, word) in others.iter().filter(|(count, _)| *count > 0) {
            line += &format!(", {count} {word}");
        }
        if let Some(trouble) = trouble.filter(|_| ended < total) {
            line += &format!("; trying again: {}", plain(&trouble.to_string(), 200));
        }
        println!("{line}");
    }
}
