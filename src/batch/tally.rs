//! How many jobs stand how.

use super::report::{JobCollection, JobRecord, Outcome};
use crate::display::Tone;

/// What is done first, what went wrong last.
const ORDER: [Tone; 5] = [Tone::Ok, Tone::Running, Tone::Waiting, Tone::Failed, Tone::Neutral];

impl JobCollection {
    /// Each status that some job has, in words, and how many have it.
    pub(super) fn tally(&self) -> Vec<(Tone, String, usize)> {
        let rank = |tone: Tone| ORDER.iter().position(|one| *one == tone);
        let mut tally: Vec<(Tone, String, usize)> = Vec::new();
        for record in self {
            let (tone, word) = (record.tone(), record.status_word());
            match tally.iter_mut().find(|(_, known, _)| *known == word) {
                Some((.., count)) => *count += 1,
                None => tally.push((tone, word, 1)),
            }
        }
        tally.sort_by(|a, b| rank(a.0).cmp(&rank(b.0)).then(b.2.cmp(&a.2)).then(a.1.cmp(&b.1)));
        tally
    }
}

impl JobRecord {
    pub(super) fn tone(&self) -> Tone {
        match (&self.outcome, &self.job) {
            (Outcome::Succeeded { .. }, _) => Tone::Ok,
            (Outcome::Rejected(_) | Outcome::Unsent(_), _) => Tone::Failed,
            (Outcome::Failed { .. }, Some(job)) => job.status.tone(),
            (Outcome::Unfinished, Some(job)) => job.status.tone(),
            (Outcome::Unfinished, None) => Tone::Waiting,
            (Outcome::Failed { .. } | Outcome::Unproven(_), _) => Tone::Neutral,
        }
    }
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::sample;

    #[test]
    fn what_is_done_comes_first_and_what_went_wrong_last() {
        let tally: Vec<_> =
            sample::jobs().tally().into_iter().map(|(_, word, count)| (word, count)).collect();
        let told: Vec<_> = tally.iter().map(|(word, count)| format!("{count} {word}")).collect();
        let expected = "1 succeeded, 1 running, 1 queued, 1 to come, 1 failed, 1 rejected, 1 unproven";
        assert_eq!(told.join(", "), expected);
    }
}
