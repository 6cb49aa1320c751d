//! Parallel work on the items of a list.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Calls `work` for every item, `concurrency` of them at a time, and returns the results in the
/// items' order.
///
/// Uses plain threads, so that the work on an item, such as a sequence of requests or the decoding
/// of a picture, is plain sequential code.
pub fn in_parallel<T, U>(items: &[T], concurrency: usize, work: impl Fn(&T) -> U + Sync) -> Vec<U>
where
    T: Sync,
    U: Send,
{
    let next = AtomicUsize::new(0);
    let (done, results) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..concurrency.clamp(1, items.len().max(1)) {
            let (done, next, work) = (done.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    drop(done.send((index, work(item))));
                }
            });
        }
    });
    drop(done);
    let mut results: Vec<_> = results.into_iter().collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Returns the number of threads for CPU-bound work: the available parallelism, but at most 16,
/// since each thread may hold a picture in memory.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_work_keeps_the_order() {
        let squares = in_parallel(&[3, 1, 2], 2, |item| item * item);
        assert_eq!(squares, [9, 1, 4]);
        assert!(in_parallel(&[], 4, |item: &i32| *item).is_empty());
    }
}
