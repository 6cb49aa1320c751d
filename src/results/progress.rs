use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::transport::{Bytes, Counts, DownloadProgress};
use up42_core::time::format_duration;
use up42_core::time_left::UnitTime;
use up42_view::MimeBundle;
use up42_view::elements::{Card, Cell};
use up42_view::{Live, display_live};

/// First and longest pause between two lines. They grow, so that a short download prints nothing
/// and a long one few lines.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(120)];
/// Pause between updates of a live display.
const MIN_PAUSE: Duration = Duration::from_millis(500);

/// Progress of a batch's downloads: a live display, or printed lines.
pub(super) struct Progress {
    pub(super) incoming: DownloadProgress,
    /// Number of jobs to download.
    total: usize,
    done: AtomicUsize,
}

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        Self { incoming: DownloadProgress::default(), total, done: AtomicUsize::new(0) }
    }

    /// Counts a job whose download has succeeded or failed.
    pub(super) fn end_one(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Runs `work` and displays the progress meanwhile.
    pub(super) fn show_during<T>(&self, is_quiet: bool, work: impl FnOnce() -> T) -> T {
        if is_quiet || self.total == 0 {
            return work();
        }
        let begun = Instant::now();
        thread::scope(|scope| {
            let (ended, end) = mpsc::channel::<()>();
            scope.spawn(move || match Live::is_possible() {
                true => self.move_until(&end, begun),
                false => self.write_until(&end, begun),
            });
            // Dropped when `work` returns or panics, which ends the display.
            let _ended = ended;
            work()
        })
    }

    fn write_until(&self, end: &Receiver<()>, begun: Instant) {
        let mut has_printed = false;
        let mut pause = PAUSES[0];
        while let Err(RecvTimeoutError::Timeout) = end.recv_timeout(pause) {
            println!("{}", self.line(begun.elapsed()));
            has_printed = true;
            pause = (pause * 2).min(PAUSES[1]);
        }
        if has_printed {
            println!("{}", self.line(begun.elapsed()));
        }
    }

    fn move_until(&self, end: &Receiver<()>, begun: Instant) {
        let mut live: Option<Live> = None;
        loop {
            let is_over = !matches!(end.recv_timeout(MIN_PAUSE), Err(RecvTimeoutError::Timeout));
            match &live {
                Some(live) => live.update(&self.bundle(begun.elapsed())),
                None if is_over => {}
                None => live = Some(display_live(&self.bundle(begun.elapsed()))),
            }
            if is_over {
                return;
            }
        }
    }

    fn bundle(&self, elapsed: Duration) -> MimeBundle {
        let counts = self.incoming.counts();
        let done = self.done.load(Ordering::Relaxed);
        let all = awaited(counts, to_begin(counts, done, self.total));
        let share = match done == self.total {
            true => 100.0,
            false => counts.arrived as f64 / all.max(1) as f64 * 100.0,
        };
        Card::new("Downloading results")
            .fact("Arrived", Cell::Percent(share))
            .fact("Results", self.line(elapsed).trim_start().to_owned())
            .bundle()
    }

    fn line(&self, elapsed: Duration) -> String {
        line(self.incoming.counts(), self.done.load(Ordering::Relaxed), self.total, elapsed)
    }
}

fn to_begin(counts: Counts, done: usize, total: usize) -> usize {
    total.saturating_sub(counts.files.max(done))
}

/// Estimates the bytes of all files: files not yet begun count as the mean of the others.
fn awaited(counts: Counts, to_begin: usize) -> u64 {
    let mean = counts.expected_length.checked_div(counts.files as u64).unwrap_or(0);
    counts.expected_length.saturating_add(mean.saturating_mul(to_begin as u64))
}

fn line(counts: Counts, done: usize, total: usize, elapsed: Duration) -> String {
    let to_begin = to_begin(counts, done, total);
    let all = awaited(counts, to_begin);
    let mut line = format!("{:>4} s  {done}/{total} jobs  {}", elapsed.as_secs(), Bytes(counts.arrived));
    if all > counts.arrived {
        let about = if to_begin > 0 { "about " } else { "" };
        line += &format!(" of {about}{}", Bytes(all));
    }
    let rate = counts.fetched as f64 / elapsed.as_secs_f64().max(0.001);
    if counts.fetched > 0 {
        line += &format!(", {}/s", Bytes(rate as u64));
    }
    let byte = UnitTime::measured(counts.fetched as f64, elapsed);
    let left = byte.and_then(|byte| byte.left([all.saturating_sub(counts.arrived) as f64], 1));
    if let Some(left) = left.filter(|left| left.as_secs() > 0) {
        line += &format!(", {} to go", format_duration(left.as_secs_f64()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_at(
        expected_length: u64,
        arrived: u64,
        fetched: u64,
        files: usize,
        done: usize,
        seconds: u64,
    ) -> String {
        let counts = Counts { expected_length, arrived, fetched, files, ..Counts::default() };
        line(counts, done, 40, Duration::from_secs(seconds))
    }

    #[test]
    fn lines_contain_bytes_rate_and_time_left() {
        assert_eq!(line_at(0, 0, 0, 0, 0, 2).trim_start(), "2 s  0/40 jobs  0 bytes");
        assert_eq!(
            line_at(4_000_000_000, 1_000_000_000, 200_000_000, 8, 1, 10).trim_start(),
            "10 s  1/40 jobs  1.0 GB of about 20 GB, 20 MB/s, 16 min to go"
        );
        assert_eq!(
            line_at(4_000_000_000, 3_000_000_000, 3_000_000_000, 40, 31, 60).trim_start(),
            "60 s  31/40 jobs  3.0 GB of 4.0 GB, 50 MB/s, 20 s to go"
        );
        assert_eq!(
            line_at(4_000_000_000, 4_000_000_000, 4_000_000_000, 40, 40, 100_000).trim_start(),
            "100000 s  40/40 jobs  4.0 GB, 40 KB/s"
        );
    }

    #[test]
    fn progress_lines_end_after_a_panic() {
        let progress = Progress::new(3);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            progress.show_during(false, || panic!("as meant"))
        }));
        assert!(outcome.is_err());
    }
}
