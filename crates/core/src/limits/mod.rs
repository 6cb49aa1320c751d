//! Limits for reading external files: time, memory and counts.

mod zip;

use std::cell::Cell;
use std::io::Read;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::json;

pub use zip::entries_of_zip;

/// Bytes that are read between two checks of the time.
const CHUNK: u64 = 4_000_000;

/// Largest memory of JSON values, as a multiple of the limit of bytes.
const GROWTH: u64 = 2;

/// Limits for reading a file from another source.
///
/// A file that exceeds one of them is refused; the error names the limit and its value. The default
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
    /// Longest time for reading; default 60 s.
    pub time: Duration,
    /// Largest number of bytes that are read into memory, the content of archives included; default
    /// 256 MB. The values of JSON may take twice as many.
    pub bytes: u64,
    /// Largest number of entries, such as features; default 100,000.
    pub count: usize,
    /// Largest number of positions of all geometries together; default 1,000,000. The union of as
    /// many takes seconds and some hundred MB.
    pub positions: usize,
    /// Whether the views of a database are read; default `false`. A view is a query in the file,
    /// and may need any amount of time and memory.
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

/// Remaining part of [`ReadLimits`] while a file is read.
#[derive(Debug)]
pub struct ReadBudget {
    limits: ReadLimits,
    /// Text of the error when a limit is exceeded that the caller cannot raise.
    remedy: Option<&'static str>,
    /// `None` if the time limit is later than the last instant.
    deadline: Option<Instant>,
    bytes: Cell<u64>,
    /// Bytes of memory for JSON values.
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
    /// Creates a budget of all limits; the time starts now.
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

    /// Creates a budget of the default limits, for readers whose caller cannot set any. `remedy` is
    /// part of the error, in place of the name of the limit.
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

    /// Returns the instant at which the time is used up; `None` without a time limit.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Fails if the time is used up. Called in each loop whose length depends on the file.
    pub fn check_time(&self) -> Result<()> {
        match self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            true => Err(self.passed(format!("reading it takes more than {:?}", self.limits.time), "time")),
            false => Ok(()),
        }
    }

    /// Takes bytes from the budget, before they are allocated; fails if fewer are left.
    pub fn take_bytes(&self, bytes: u64) -> Result<()> {
        let Some(left) = self.bytes.get().checked_sub(bytes) else { return Err(self.too_large()) };
        self.bytes.set(left);
        Ok(())
    }

    /// Returns the error of a file that needs more bytes than are left.
    pub fn too_large(&self) -> Error {
        self.passed(format!("it is larger than {} MB", self.limits.bytes as f64 / 1e6), "bytes")
    }

    /// Fails if the values of JSON text need more memory than is left. The estimate costs less than
    /// parsing the text.
    pub fn check_json(&self, text: &[u8]) -> Result<()> {
        self.check_values(text, json::size)
    }

    /// Fails if values need more memory than is left; `size` estimates it from the text.
    pub fn check_values(&self, text: &[u8], size: impl FnOnce(&[u8]) -> u64) -> Result<()> {
        let left = self.json.get();
        // Most text is too short to exceed the limit.
        if (text.len() as u64).saturating_mul(json::MOST_PER_BYTE) > left && size(text) > left {
            return Err(self.too_much_json());
        }
        self.check_time()
    }

    /// Takes the memory of JSON text from the budget, before the text is parsed.
    pub fn take_json(&self, text: &[u8]) -> Result<()> {
        self.take_values(json::size(text))
    }

    /// Takes the memory of values from the budget.
    pub fn take_values(&self, bytes: u64) -> Result<()> {
        let Some(left) = self.json.get().checked_sub(bytes) else { return Err(self.too_much_json()) };
        self.json.set(left);
        self.check_time()
    }

    fn too_much_json(&self) -> Error {
        let most = self.limits.bytes.saturating_mul(GROWTH);
        self.passed(format!("its values take more than {} MB of memory", most as f64 / 1e6), "bytes")
    }

    /// Fails if there are more entries than are left; `noun` is their name in the error.
    pub fn check_count(&self, count: usize, noun: &str) -> Result<()> {
        match count > self.count.get() {
            true => Err(self.passed(format!("it has more than {} {noun}", self.limits.count), "count")),
            false => self.check_time(),
        }
    }

    /// Takes entries from the budget; fails if fewer are left.
    pub fn take_count(&self, count: usize, noun: &str) -> Result<()> {
        self.check_count(count, noun)?;
        self.count.update(|left| left - count);
        Ok(())
    }

    /// Fails if there are more positions than are left.
    pub fn check_positions(&self, positions: usize) -> Result<()> {
        match positions > self.positions.get() {
            true => {
                Err(self.passed(format!("it has more than {} positions", self.limits.positions), "positions"))
            }
            false => self.check_time(),
        }
    }

    /// Takes positions from the budget; fails if fewer are left.
    pub fn take_positions(&self, positions: usize) -> Result<()> {
        self.check_positions(positions)?;
        self.positions.update(|left| left - positions);
        Ok(())
    }

    /// Returns the number of bytes that are left.
    pub fn bytes_left(&self) -> u64 {
        self.bytes.get()
    }

    /// Reads to the end and takes the bytes from the budget: the unpacked size of an archive is
    /// unknown.
    pub fn read_to_end(&self, mut source: impl Read) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            self.check_time()?;
            // One byte more than allowed, to detect a source that is too large.
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
    fn the_error_of_each_limit_names_it() {
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
    fn json_values_count_before_they_are_parsed() {
        let budget = ReadBudget::new(ReadLimits::default().bytes(500));
        let lists = [b'['; 4];
        insta::assert_snapshot!(message(budget.check_json(&lists)), @"its values take more than 0.001 MB of memory: simplify it, cut it into parts, or raise `ReadLimits::bytes`");
        let text = [b'"'; 600];
        budget.check_json(&text).unwrap();
        budget.take_json(&text).unwrap();
        assert!(budget.check_json(&text).is_err(), "the first took from it");
    }

    #[test]
    fn input_within_the_limits_is_read_completely() {
        let budget = ReadBudget::new(ReadLimits::default().bytes(10_000_000).time(Duration::MAX));
        let source = std::io::repeat(7).take(9_999_999);
        assert_eq!(budget.read_to_end(source).unwrap().len(), 9_999_999);
        assert_eq!(budget.read_to_end(&[1][..]).unwrap(), [1]);
        assert!(budget.read_to_end(&[1][..]).is_err(), "both came out of one budget");
    }
}
