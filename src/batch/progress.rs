use std::time::Duration;

use super::state::State;
use up42_core::error::Error;
use up42_core::sanitize::sanitize;
use up42_core::time::format_duration;

/// Progress as printed lines. A notebook cannot change a line that it has shown, so lines are only
/// added.
pub(super) struct Progress {
    is_quiet: bool,
    last_line: Option<LastLine>,
    at: Duration,
    /// Time until the next line if nothing changes.
    idle_pause: Duration,
}

/// Content of the last line.
#[derive(Debug, PartialEq)]
struct LastLine {
    ended: usize,
    to_come: usize,
    important: Important,
}

/// Content whose changes are printed without delay.
#[derive(Debug, PartialEq)]
struct Important {
    /// Whether any job has failed.
    has_failed: bool,
    /// Whether the credits suffice, and whether sending was not stopped.
    is_sending: (bool, bool),
    /// Number of different statuses that are unknown to this version.
    unknown: usize,
}

/// Shortest time between two lines, and shortest share of the elapsed time between them: a run of a
/// week has only a few lines more than one of an hour.
const MIN_INTERVAL: Duration = Duration::from_secs(2);
const PART: u32 = 20;
/// First and longest time between two lines if nothing changes.
const IDLE_PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(900)];

impl Progress {
    pub(super) fn new(is_quiet: bool) -> Self {
        Self { is_quiet, last_line: None, at: Duration::ZERO, idle_pause: IDLE_PAUSES[0] }
    }

    /// Prints a line if one is due.
    pub(super) fn show(
        &mut self,
        state: &State,
        last_error: Option<&Error>,
        eta: impl FnOnce() -> Option<Duration>,
        now: Duration,
    ) {
        if let Some(line) = self.line(state, last_error, eta, now) {
            println!("{line}");
        }
    }

    /// Returns a line if something has changed, or if nothing has for `idle_pause`. It contains the
    /// last error, if there is one.
    fn line(
        &mut self,
        state: &State,
        last_error: Option<&Error>,
        eta: impl FnOnce() -> Option<Duration>,
        now: Duration,
    ) -> Option<String> {
        if self.is_quiet {
            return None;
        }
        let tally = state.tally();
        let (total, ended, succeeded, unknown) =
            (tally.total(), tally.ended(), tally.succeeded(), tally.unknown());
        let (short, stop) = (state.shortage(), state.stop());
        let important = Important {
            has_failed: ended > succeeded,
            is_sending: (short.is_none(), stop.is_none()),
            unknown: unknown.len(),
        };
        let is_other = self
            .last_line
            .as_ref()
            .is_none_or(|last_line| last_line.important.is_sending != important.is_sending);
        let content = LastLine { ended, to_come: tally.to_come(), important };
        let has_changed = self.last_line.as_ref() != Some(&content);
        let is_due = match &self.last_line {
            None => true,
            Some(last_line)
                if last_line.important != content.important || (has_changed && ended == total) =>
            {
                true
            }
            Some(_) if has_changed => now >= self.at + MIN_INTERVAL.max(now / PART),
            Some(_) => now >= self.at + self.idle_pause,
        };
        if !is_due {
            return None;
        }
        self.idle_pause =
            if has_changed { IDLE_PAUSES[0] } else { (self.idle_pause * 2).min(IDLE_PAUSES[1]) };
        (self.last_line, self.at) = (Some(content), now);
        let unknown_jobs: usize = unknown.iter().map(|(_, jobs)| jobs).sum();
        let queued = total - ended - tally.to_come() - tally.running() - unknown_jobs;
        let mut line = format!("{:>6}  {ended}/{total}  {succeeded} succeeded", duration_text(now));
        let mut others = vec![
            (tally.failed(), "without results".to_owned()),
            (tally.running(), "running".to_owned()),
            (queued, "queued".to_owned()),
        ];
        let odd = |(word, jobs)| (jobs, format!("`{word}` (unknown status)"));
        others.extend(unknown.into_iter().map(odd));
        others.push((tally.to_come(), "to come".to_owned()));
        for (count, word) in others.iter().filter(|(count, _)| *count > 0) {
            line += &format!(", {count} {word}");
        }
        if let Some(left) = eta().filter(|_| ended < total) {
            line += &format!("; about {} left", format_duration(left.as_secs_f64()));
        }
        let [stop, short] = [stop, short].map(|known| known.filter(|_| is_other));
        if let Some(why) = why(stop, short, last_error).filter(|_| ended < total) {
            line += &format!("; {why}");
        }
        Some(line)
    }
}

/// Returns the reason why nothing is sent or read.
pub(super) fn why(stop: Option<&Error>, short: Option<&Error>, last_error: Option<&Error>) -> Option<String> {
    let (what, why) = match (stop, short, last_error) {
        (Some(stop), ..) => ("nothing more is sent", stop),
        (_, Some(short), _) => ("nothing is sent for now", short),
        (_, _, last_error) => ("trying again", last_error?),
    };
    Some(format!("{what}: {}", sanitize(&why.to_string(), 400)))
}

/// Formats a duration in suitable units: `42 s`, `7 min`, `3 h 20 min`.
fn duration_text(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests;
