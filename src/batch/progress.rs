use std::time::Duration;

use super::state::State;
use up42_core::error::Error;
use up42_core::sanitize::sanitize;
use up42_core::time::lasted;

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
    to_come: usize,
    news: News,
}

/// What is told without delay.
#[derive(Debug, PartialEq)]
struct News {
    /// That a job failed at all.
    has_failed: bool,
    /// That the credits suffice, and that nothing stopped the batch.
    is_sending: (bool, bool),
    /// How many words there are for a status that nobody knows.
    strange: usize,
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
        let tally = state.tally();
        let (total, ended, succeeded, unknown) =
            (tally.total(), tally.ended(), tally.succeeded(), tally.unknown());
        let (short, stop) = (state.shortage(), state.stop());
        let news = News {
            has_failed: ended > succeeded,
            is_sending: (short.is_none(), stop.is_none()),
            strange: unknown.len(),
        };
        let is_other = self.shown.as_ref().is_none_or(|shown| shown.news.is_sending != news.is_sending);
        let shows = Shown { ended, to_come: tally.to_come(), news };
        let has_changed = self.shown.as_ref() != Some(&shows);
        let is_due = match &self.shown {
            None => true,
            Some(shown) if shown.news != shows.news || (has_changed && ended == total) => true,
            Some(_) if has_changed => now >= self.at + APART.max(now / PART),
            Some(_) => now >= self.at + self.patience,
        };
        if !is_due {
            return None;
        }
        self.patience = if has_changed { SILENT[0] } else { (self.patience * 2).min(SILENT[1]) };
        (self.shown, self.at) = (Some(shows), now);
        let strange: usize = unknown.iter().map(|(_, jobs)| jobs).sum();
        let queued = total - ended - tally.to_come() - tally.running() - strange;
        let mut line = format!("{:>6}  {ended}/{total}  {succeeded} succeeded", duration_text(now));
        let mut others = vec![
            (tally.failed(), "without results".to_owned()),
            (tally.running(), "running".to_owned()),
            (queued, "queued".to_owned()),
        ];
        let odd = |(word, jobs)| (jobs, format!("`{word}`, a status not known here"));
        others.extend(unknown.into_iter().map(odd));
        others.push((tally.to_come(), "to come".to_owned()));
        for (count, word) in others.iter().filter(|(count, _)| *count > 0) {
            line += &format!(", {count} {word}");
        }
        if let Some(left) = eta().filter(|_| ended < total) {
            line += &format!("; about {} left", lasted(left.as_secs_f64()));
        }
        let [stop, short] = [stop, short].map(|known| known.filter(|_| is_other));
        if let Some(why) = why(stop, short, trouble).filter(|_| ended < total) {
            line += &format!("; {why}");
        }
        Some(line)
    }
}

/// Why nothing is sent or seen.
pub(super) fn why(stop: Option<&Error>, short: Option<&Error>, trouble: Option<&Error>) -> Option<String> {
    let (what, why) = match (stop, short, trouble) {
        (Some(stop), ..) => ("nothing more is sent", stop),
        (_, Some(short), _) => ("nothing is sent for now", short),
        (_, _, trouble) => ("trying again", trouble?),
    };
    Some(format!("{what}: {}", sanitize(&why.to_string(), 400)))
}

/// A time in the units that matter: `42 s`, `7 min`, `3 h 20 min`.
fn duration_text(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests;
