//! Limits on what a file from outside may cost: time, memory and count.

mod zip;

use std::cell::Cell;
use std::io::Read;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::json;

pub use zip::entries_of_zip;

/// Bytes that are read between two looks at the clock.
const CHUNK: u64 = 4_000_000;

/// Bytes of memory that may become of a byte that is read, once JSON is a tree of values.
const GROWTH: u64 = 2;

/// Limits on reading a file that somebody else has written.
///
/// A file that passes one of them is refused, with the limit's name and its value. The default
/// limits are those of areas, and [`for_scenes`](Self::for_scenes) are those of scenes. Raise one
/// for a file that is trusted:
///
/// ```
/// use std::time::Duration;
///
/// # mod up42 { pub use up42_core::{self as aoi, *}; }
/// use up42::aoi::ReadLimits;
///
/// // For `Aoi::read_within`:
/// let limits = ReadLimits::default().time(Duration::from_secs(600)).bytes(2_000_000_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadLimits {
    /// Longest time that reading may take: 60 s unless set.
    pub time: Duration,
    /// Most bytes that are read into memory, with what is unpacked of an archive: 256 MB
    /// unless set. The values of JSON may take twice as many.
    pub bytes: u64,
    /// Most entries, such as features: 100,000 unless set.
    pub count: usize,
    /// Most positions of all shapes together: 1,000,000 unless set. Uniting as many takes
    /// seconds and some hundred MB.
    pub positions: usize,
    /// Whether the views of a database are read: no, unless set. A view is a query that the
    /// file brings along, and may need any time and memory.
    pub views: bool,
}

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(60),
            bytes: 256_000_000,
            count: 100_000,
            positions: 1_000_000,
            views: false,
        }
    }
}

impl ReadLimits {
    /// Returns the limits for files of scenes (`Scenes::read`, `scan_geoparquet`): 600 s, 2 GB,
    /// 1,000,000 scenes and 20,000,000 positions. A scene of Sentinel-2 has about 15 kB.
    pub fn for_scenes() -> Self {
        Self {
            time: Duration::from_secs(600),
            bytes: 2_000_000_000,
            count: 1_000_000,
            positions: 20_000_000,
            ..Self::default()
        }
    }

    /// Sets [`time`](Self::time).
    pub fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// Sets [`bytes`](Self::bytes).
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets [`count`](Self::count).
    pub fn count(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    /// Sets [`positions`](Self::positions).
    pub fn positions(mut self, positions: usize) -> Self {
        self.positions = positions;
        self
    }

    /// Sets [`views`](Self::views).
    pub fn views(mut self, views: bool) -> Self {
        self.views = views;
        self
    }
}

/// The part of some limits that is left while one file is read.
#[derive(Debug)]
pub struct ReadBudget {
    limits: ReadLimits,
    /// What to do where a limit is passed, if nobody can raise it.
    remedy: Option<&'static str>,
    /// `None` where the limit is later than any instant.
    deadline: Option<Instant>,
    bytes: Cell<u64>,
    /// Bytes of memory for trees of JSON.
    json: Cell<u64>,
    count: Cell<usize>,
    positions: Cell<usize>,
}

impl Default for ReadBudget {
    fn default() -> Self {
        Self::new(ReadLimits::default())
    }
}

impl ReadBudget {
    /// The whole budget; its time begins now.
    pub fn new(limits: ReadLimits) -> Self {
        Self {
            deadline: Instant::now().checked_add(limits.time),
            bytes: Cell::new(limits.bytes),
            json: Cell::new(limits.bytes.saturating_mul(GROWTH)),
            count: Cell::new(limits.count),
            positions: Cell::new(limits.positions),
            limits,
            remedy: None,
        }
    }

    /// The default limits, for what no caller can set limits for: `remedy` says what else can be
    /// done.
    pub fn fixed(remedy: &'static str) -> Self {
        Self { remedy: Some(remedy), ..Self::default() }
    }

    fn passed(&self, message: String, limit: &str) -> Error {
        Error::invalid(match self.remedy {
            Some(remedy) => format!("{message}: {remedy}"),
            None => format!("{message}: simplify it, cut it into parts, or raise `ReadLimits::{limit}`"),
        })
    }

    /// Returns the limits of this budget.
    pub fn limits(&self) -> &ReadLimits {
        &self.limits
    }

    /// Returns the instant at which the time is over; `None` without a limit of time.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Refuses to go on when the time is over. Called wherever a file decides how often
    /// something is done.
    pub fn check_time(&self) -> Result<()> {
        match self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            true => Err(self.passed(format!("reading it takes more than {:?}", self.limits.time), "time")),
            false => Ok(()),
        }
    }

    /// Takes bytes that are about to be held.
    pub fn take_bytes(&self, bytes: u64) -> Result<()> {
        let Some(left) = self.bytes.get().checked_sub(bytes) else { return Err(self.too_large()) };
        self.bytes.set(left);
        Ok(())
    }

    /// The error of a file that needs more bytes than are left.
    pub fn too_large(&self) -> Error {
        self.passed(format!("it is larger than {} MB", self.limits.bytes as f64 / 1e6), "bytes")
    }

    /// Refuses text that would become more values than are left. The walk through it costs less
    /// than they do.
    pub fn check_json(&self, text: &[u8]) -> Result<()> {
        self.check_values(text, json::size)
    }

    /// The same for text whose values have another `size`.
    pub fn check_values(&self, text: &[u8], size: impl FnOnce(&[u8]) -> u64) -> Result<()> {
        let left = self.json.get();
        // Most text is too short to be more.
        if (text.len() as u64).saturating_mul(json::MOST_PER_BYTE) > left && size(text) > left {
            return Err(self.too_much_json());
        }
        self.check_time()
    }

    /// Takes the memory of values that are about to be made of text.
    pub fn take_json(&self, text: &[u8]) -> Result<()> {
        self.take_values(json::size(text))
    }

    /// Takes the memory of values.
    pub fn take_values(&self, bytes: u64) -> Result<()> {
        let Some(left) = self.json.get().checked_sub(bytes) else { return Err(self.too_much_json()) };
        self.json.set(left);
        self.check_time()
    }

    fn too_much_json(&self) -> Error {
        let most = self.limits.bytes.saturating_mul(GROWTH);
        self.passed(format!("its values take more than {} MB of memory", most as f64 / 1e6), "bytes")
    }

    /// Refuses entries, which are called `noun`, that are more than what is left.
    pub fn check_count(&self, count: usize, noun: &str) -> Result<()> {
        match count > self.count.get() {
            true => Err(self.passed(format!("it has more than {} {noun}", self.limits.count), "count")),
            false => self.check_time(),
        }
    }

    /// Takes entries.
    pub fn take_count(&self, count: usize, noun: &str) -> Result<()> {
        self.check_count(count, noun)?;
        self.count.update(|left| left - count);
        Ok(())
    }

    /// Refuses positions that are more than what is left.
    pub fn check_positions(&self, positions: usize) -> Result<()> {
        match positions > self.positions.get() {
            true => {
                Err(self.passed(format!("it has more than {} positions", self.limits.positions), "positions"))
            }
            false => self.check_time(),
        }
    }

    /// Takes positions.
    pub fn take_positions(&self, positions: usize) -> Result<()> {
        self.check_positions(positions)?;
        self.positions.update(|left| left - positions);
        Ok(())
    }

    /// Bytes that are left.
    pub fn bytes_left(&self) -> u64 {
        self.bytes.get()
    }

    /// Reads to the end and takes what was read: an archive may unpack to anything.
    pub fn read_to_end(&self, mut source: impl Read) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            self.check_time()?;
            // One more than may be, so that too many are seen.
            let most = CHUNK.min(self.bytes.get().saturating_add(1));
            let read = source.by_ref().take(most).read_to_end(&mut bytes)?;
            self.take_bytes(read as u64)?;
            if (read as u64) < most {
                return Ok(bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn each_limit_is_named_where_it_is_passed() {
        let limits = ReadLimits::default().bytes(1_500_000).count(3).positions(10);
        let budget = ReadBudget::new(limits.clone());
        budget.take_count(3, "features").unwrap();
        insta::assert_snapshot!(message(budget.take_count(1, "features")), @"it has more than 3 features: simplify it, cut it into parts, or raise `ReadLimits::count`");
        insta::assert_snapshot!(message(budget.take_positions(11)), @"it has more than 10 positions: simplify it, cut it into parts, or raise `ReadLimits::positions`");
        insta::assert_snapshot!(message(budget.read_to_end(std::io::repeat(0))), @"it is larger than 1.5 MB: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
        let late = ReadBudget::new(limits.time(Duration::ZERO));
        while Instant::now() <= late.deadline().unwrap() {}
        insta::assert_snapshot!(message(late.check_time()), @"reading it takes more than 0ns: simplify it, cut it into parts, or raise `ReadLimits::time`");
    }

    #[test]
    fn values_of_json_count_before_they_are_made() {
        let budget = ReadBudget::new(ReadLimits::default().bytes(500));
        let lists = [b'['; 4];
        insta::assert_snapshot!(message(budget.check_json(&lists)), @"its values take more than 0.001 MB of memory: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
        let text = [b'"'; 600];
        budget.check_json(&text).unwrap();
        budget.take_json(&text).unwrap();
        assert!(budget.check_json(&text).is_err(), "the first took from it");
    }

    #[test]
    fn what_is_within_the_limits_is_read_whole() {
        let budget = ReadBudget::new(ReadLimits::default().bytes(10_000_000).time(Duration::MAX));
        let source = std::io::repeat(7).take(9_999_999);
        assert_eq!(budget.read_to_end(source).unwrap().len(), 9_999_999);
        assert_eq!(budget.read_to_end(&[1][..]).unwrap(), [1]);
        assert!(budget.read_to_end(&[1][..]).is_err(), "both came out of one budget");
    }
}
