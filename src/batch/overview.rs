//! Display of a batch in a notebook: statuses, credits and remaining time of its jobs, and a table
//! of the jobs with problems first.

use super::report::{JobCollection, JobRecord};
use up42_core::time::{format_duration, minute};
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell, ROWS, StatusKind, counted, grouped};

/// Number of rows while a batch runs.
const LIVE_ROWS: usize = 8;

/// Number of rows for a batch with more jobs than one table shows.
const FIRST: usize = 20;

impl JobCollection {
    /// Returns the overview; `name` is the expression for these jobs in a notebook.
    pub(super) fn overview(&self, name: &str) -> MimeBundle {
        above(self.card().bundle(), self.first_jobs(name))
    }

    /// Returns the overview during a run, with the reason why nothing is sent. The last one has no
    /// table of jobs, since the display of the collection has it.
    pub(super) fn live_bundle(&self, why: Option<String>, is_last: bool) -> MimeBundle {
        let card = why.into_iter().fold(self.card(), Card::note).bundle();
        if is_last {
            return card;
        }
        let mut records: Vec<&JobRecord> = self.iter().filter(|record| rank(record) < ENDED).collect();
        records.sort_by_key(|record| (rank(record) != UNDER_WAY, rank(record)));
        records.truncate(LIVE_ROWS);
        if records.is_empty() {
            return card;
        }
        above(card, self.rows("Under way, and with problems".to_owned(), &records).bundle())
    }

    fn card(&self) -> Card {
        let mut card = Card::new(self.description()).fact("Jobs", Cell::Parts(self.tally().parts()));
        card = match self.max_credits().filter(|budget| *budget > 0) {
            Some(budget) => {
                let [paid, of] = [self.paid(), budget].map(|credits| grouped(credits as f64, 0));
                let share = self.paid() as f64 / budget as f64 * 100.0;
                card.fact("Credits paid", format!("{paid} of at most {of}"))
                    .fact("Limit used", Cell::Percent(share))
            }
            // A list of jobs does not always contain their costs.
            None if !self.knows_credits() => card,
            None => card.fact("Credits paid", Cell::Number(self.paid() as f64, 0)),
        };
        if let Some((first, last)) = self.time_range() {
            let (first, mut last) = (minute(first), minute(last));
            if first.get(..10) == last.get(..10) {
                last = last.split_off(last.len().min(11));
            }
            card = card.fact("Time (UTC)", Cell::time(format!("{first} to {last}")));
        }
        if let Some(time) = self.remaining() {
            card = card.fact("Time left", format!("about {}", format_duration(time.as_secs_f64())));
        }
        card
    }

    /// Returns a table of all jobs in order, if it is not too long. Otherwise the table shows the
    /// first jobs by [`rank`].
    fn first_jobs(&self, name: &str) -> MimeBundle {
        if self.len() <= ROWS {
            return self.table(..).bundle();
        }
        let mut records: Vec<&JobRecord> = self.iter().collect();
        records.sort_by_key(|record| rank(record));
        let problems = records.iter().filter(|record| rank(record) == 0).count();
        let shown = records.len().min(FIRST.max(problems.min(ROWS)));
        let caption = match problems {
            0 => format!("{shown} of {}", counted(self.len(), "job")),
            _ => format!("{shown} of {}, those with problems first", counted(self.len(), "job")),
        };
        self.rows(caption, &records[..shown])
            .note(format!("All in their order: {name}.show(). When they ran: {name}.timeline()"))
            .bundle()
    }
}

fn above(card: MimeBundle, table: MimeBundle) -> MimeBundle {
    MimeBundle { html: card.html + &table.html, jpeg: None, text: format!("{}\n{}", card.text, table.text) }
}

/// Returns the rank of a job in the table: problems first, then running, queued, succeeded and
/// unsent jobs.
fn rank(record: &JobRecord) -> u8 {
    match (record.reason().is_some(), record.status_kind()) {
        (true, _) => 0,
        (false, StatusKind::Neutral | StatusKind::Failed) => 1,
        (false, StatusKind::Running) => UNDER_WAY,
        (false, StatusKind::Waiting) if record.job.is_some() => 3,
        (false, StatusKind::Ok) => ENDED,
        (false, StatusKind::Waiting) => 5,
    }
}

/// Ranks of running and of succeeded jobs.
const UNDER_WAY: u8 = 2;
const ENDED: u8 = 4;

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::report::JobCollection;
    use super::super::sample;

    #[test]
    fn the_overview_contains_counts_costs_and_times() {
        insta::assert_snapshot!(sample::jobs().overview("jobs").text, @r"
        Batch spring
          Jobs          ✓ 1 succeeded  ● 1 running  ○ 1 queued  ○ 1 to come  ✕ 1 failed  ✕ 1 rejected  ◇ 1 unproven
          Credits paid  1,293 of at most 2,000
          Limit used    65 %
          Time (UTC)    2020-06-01 11:34 to 11:46
          Time left     about 9 min

        Batch spring: 7 jobs
        Job       Id        Status            Reason                                      Started (UTC)         Elapsed  Credits
        ────────  ────────  ────────────────  ──────────────────────────────────────────  ────────────────  ───────────  ───────
        Dakar     31e82142  ✓ succeeded       –                                           2020-06-01 11:36  10 min 00 s    1,250
        Thiès     31e82142  ✕ failed          [s2:1] no image                             2020-06-01 11:37   3 min 00 s        3
        Mbour     –         ✕ rejected        422: too large                              –                           –        –
        Kaolack   –         ◇ unproven        no answer: the job may exist, look for it…  –                           –        –
        Touba     31e82142  ● running         –                                           2020-06-01 11:43            –        –
        Saly      31e82142  ○ queued          –                                           –                           –        –
        Podor     –         ○ to come         –                                           –                           –        –
        All jobs            1 of 7 succeeded                                                                               1,253
        ");
    }

    #[test]
    fn jobs_with_problems_come_first_in_a_long_list() {
        let few = sample::jobs();
        let records = few.iter().cycle().take(70).cloned().collect();
        let many = JobCollection::new(few.source().clone(), "spring".into(), records);
        let text = many.overview("batch.jobs()?").text;
        let rows: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("Job ")).skip(2).collect();
        assert!(text.contains("\n30 of 70 jobs, those with problems first\n"), "{text}");
        assert!(
            rows[..3].iter().all(|row| ["Thiès", "Mbour", "Kaol"].iter().any(|name| row.starts_with(name)))
        );
        assert!(text.contains("All in their order: batch.jobs()?.show()."), "{text}");
    }
}
