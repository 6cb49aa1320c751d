//! Charts of a batch: run times, statuses and credits of its jobs.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::report::{JobCollection, JobRecord, Outcome};
use super::view::elapsed;
use up42_view::chart::{Chart, Curve, Curves, Gantt, Series, Span};
use up42_view::elements::grouped;

impl JobCollection {
    /// Draws when each job was queued and when it ran, and how many jobs were queued or running at
    /// a time, against the limit. Up to 180 jobs have a row each, in the order of their creation;
    /// more jobs are packed, each into the first free row. Long pauses without an unfinished job
    /// are cut short. An unfinished job is drawn until now. Of a job that was retried, only the
    /// last submission is drawn.
    ///
    /// ```
    /// # use up42::{Aoi, Client};
    /// # use up42::jobs::ParallelParameters;
    /// # let client = Client::simulator()?;
    /// # let workflow = client.project()?.workflow("dakar")?;
    /// # workflow.add_tasks(["sobloo-s2-l1c-aoiclipped"])?;
    /// # let aoi = Aoi::from_bbox([-17.50, 14.68, -17.46, 14.72])?;
    /// # let years = [("2018-01-01", "2018-12-31"), ("2019-01-01", "2019-12-31")];
    /// # let parameters = workflow.construct_parameters_parallel(
    /// #     ParallelParameters::new().geometries(&aoi).interval_dates(years),
    /// # )?;
    /// # let folder = tempfile::tempdir()?;
    /// let jobs = workflow.batch("years", parameters)?.max_credits(1_000).run()?;
    /// jobs.timeline().save(folder.path().join("timeline.svg"))?;
    /// jobs.spending().save(folder.path().join("spending.png"))?;
    /// jobs.status_histogram().save(folder.path().join("jobs.png"))?;
    /// # Ok::<(), up42::Error>(())
    /// ```
    pub fn timeline(&self) -> Chart {
        let span = |record: &JobRecord| Span {
            label: record.label.clone(),
            kind: record.status_kind(),
            word: record.status_word(),
            hint: hint(record),
            created: record.created(),
            started: record.started(),
            finished: record.finished(),
        };
        let gantt =
            Gantt { spans: self.iter().map(span).collect(), limit: self.limit(), until: self.until() };
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date().to_string();
        let unit = match self.time_range().map(|(first, last)| (day(first), day(last))) {
            Some((first, last)) if first != last => format!("{first} to {last}, UTC"),
            Some((first, _)) => format!("{first}, UTC"),
            None => "no time is known yet".to_owned(),
        };
        Chart::gantt(self.title(), unit, gantt)
    }

    /// Draws the number of jobs in each status.
    pub fn status_histogram(&self) -> Chart {
        let tally = self.tally().parts();
        let labels = tally.iter().map(|(_, word, count)| format!("{word} {}", grouped(*count as f64, 0)));
        let title = format!("{} by status", self.title());
        Chart::new(title, "jobs", labels).series(Series {
            name: "jobs".into(),
            colours: tally.iter().map(|(kind, ..)| kind.solid()).collect(),
            values: tally.iter().map(|(.., count)| *count as f64).collect(),
        })
    }

    /// Draws the credits paid over time, for all jobs and for the jobs without results, against the
    /// spending limit, if the batch has one. A job counts when it ends; the credits of jobs that
    /// were retried are included from the beginning.
    pub fn spending(&self) -> Chart {
        let mut paid: Vec<(Timestamp, i64, bool)> = Vec::new();
        let end = self.time_range().map_or(self.at(), |(_, last)| last);
        for record in self {
            if let Some(credits) = record.cost().filter(|credits| *credits != 0) {
                let is_lost = !matches!(record.outcome, Outcome::Succeeded { .. });
                paid.push((record.finished().unwrap_or(end), credits, is_lost));
            }
        }
        paid.sort_by_key(|(at, ..)| *at);
        let before = self.paid() - self.cost();
        let curve = |name: &str, counts: fn(bool) -> bool| {
            let mut sum = before;
            let mut points: Vec<_> =
                self.time_range().map(|(first, _)| (first, sum as f64)).into_iter().collect();
            for (at, credits, _) in paid.iter().filter(|(.., is_lost)| counts(*is_lost)) {
                sum = sum.saturating_add(*credits);
                points.push((*at, sum as f64));
            }
            points.extend(self.time_range().map(|_| (end, sum as f64)));
            (Curve { name: format!("{name}: {}", grouped(sum as f64, 0)), points }, sum)
        };
        let (all, sum) = curve("paid", |_| true);
        let (lost, wasted) = curve("without results", |is_lost| is_lost);
        let curves = if wasted > 0 { vec![all, lost] } else { vec![all] };
        let level =
            self.max_credits().map(|limit| (format!("limit {}", grouped(limit as f64, 0)), limit as f64));
        let unit = match self.max_credits().filter(|limit| *limit > 0) {
            Some(limit) => {
                let share = grouped(sum as f64 / limit as f64 * 100.0, 0);
                format!("{} of {} credits, {share} %", grouped(sum as f64, 0), grouped(limit as f64, 0))
            }
            None => format!("{} credits", grouped(sum as f64, 0)),
        };
        Chart::curves(
            format!("{}: credits paid", self.description()),
            unit,
            Curves { curves, level, is_steps: true },
        )
    }
}

/// Returns the status, the waiting time, the run time, the cost and the failure reason.
fn hint(record: &JobRecord) -> String {
    let mut facts = vec![record.status_word()];
    facts.extend(record.queued().map(|time| format!("queued {}", elapsed(time.as_secs()))));
    let ran = record.job.as_ref().and_then(|job| job.duration());
    facts.extend(ran.map(|time| format!("ran {}", elapsed(time.as_secs()))));
    facts.extend(record.cost().map(|credits| format!("{} credits", grouped(credits as f64, 0))));
    facts.extend(record.reason().map(|reason| reason.trim().to_owned()));
    facts.join(", ")
}

#[cfg(all(test, feature = "simulator"))]
mod tests {
    use super::super::sample;

    #[test]
    fn charts_of_run_times_and_costs_are_shown_as_text() {
        let jobs = sample::jobs();
        insta::assert_snapshot!(jobs.timeline().to_text(), @r"
        Batch spring: 7 jobs (2020-06-01, UTC)
        ░ queued  █ running or done  ✕ failed  ◇ other end
        Dakar    ░░░░░░░░░██████████████████████████████████████████           succeeded
        Thiès    ░░░░░░░░░░░░░████████████✕                                    failed
        Touba                              ░░░░░░░░░░░░░█████████████████████  running
        Saly                                                        ░░░░░░░░░  queued
        Mbour                                                                  rejected
        Kaolack                                                                unproven
        Podor                                                                  to come
        At most 2 at a time, limit 2
        ");
        insta::assert_snapshot!(jobs.status_histogram().to_text(), @r"
        Batch spring: 7 jobs by status (jobs)
        succeeded 1  ████████████████████████████████████████ 1
        running 1    ████████████████████████████████████████ 1
        queued 1     ████████████████████████████████████████ 1
        to come 1    ████████████████████████████████████████ 1
        failed 1     ████████████████████████████████████████ 1
        rejected 1   ████████████████████████████████████████ 1
        unproven 1   ████████████████████████████████████████ 1
        ");
        insta::assert_snapshot!(jobs.spending().to_text(), @r"
        Batch spring: credits paid (1,293 of 2,000 credits, 65 %)
        paid: 1,293          ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▆  1,293
        without results: 43  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁  43
        limit 2,000
        2020-06-01 11:34 to 2020-06-01 11:46 UTC, the last value on the right
        ");
    }

    #[test]
    fn the_hint_of_a_bar_contains_the_reason() {
        let html = sample::jobs().timeline().to_html().into_string();
        let title = "title=\"Thiès: failed, queued 3 min 00 s, ran 3 min 00 s, 3 credits, [s2:1] no image\"";
        assert!(html.contains(title), "{}", html.split("<span").skip(1).collect::<String>());
    }
}
