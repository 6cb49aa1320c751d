use std::collections::HashSet;

use super::backend::JobBackend;
use crate::jobs::{Job, JobId, JobsPage};
use up42_core::error::{Error, Result};

/// Largest number of pages that are read, since a server may return pages without end.
const MOST_PAGES: usize = 10_000;

/// Reads the list of a service's jobs page by page.
///
/// A job that is created while the list is read moves the others to later places, so pages overlap:
/// each job is returned once. Some servers ignore the page number and always return the first page:
/// a page without new jobs is the last one.
pub(crate) struct Listing<'a> {
    backend: &'a dyn JobBackend,
    seen: HashSet<JobId>,
    /// Next page: `Some(None)` is the first one, `None` is past the last one.
    next: Option<Option<String>>,
    pages: usize,
    can_be_read: bool,
    /// Whether the last page contained no new job but named a next page.
    is_stuck: bool,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(backend: &'a dyn JobBackend) -> Self {
        Self { backend, seen: HashSet::new(), next: Some(None), pages: 0, can_be_read: true, is_stuck: false }
    }

    /// Returns the jobs of the next page that were on no page before; `None` after the last page.
    pub(crate) fn page(&mut self) -> Result<Option<Vec<Job>>> {
        let Some(next) = self.next.take() else { return Ok(None) };
        self.pages += 1;
        let page = match self.pages {
            ..=MOST_PAGES => self.backend.page(next.as_deref()),
            _ => Err(Error::response(format!("the list of jobs has more than {MOST_PAGES} pages"))),
        };
        let JobsPage { jobs, is_whole, next: following } = match page {
            Ok(page) => page,
            Err(error) => {
                self.can_be_read = false;
                return Err(error);
            }
        };
        self.can_be_read &= is_whole;
        let jobs: Vec<Job> = jobs.into_iter().filter(|job| self.seen.insert(job.id.clone())).collect();
        self.is_stuck = following.is_some() && jobs.is_empty();
        self.next = following.map(Some).filter(|_| !self.is_stuck);
        Ok(Some(jobs))
    }

    /// Returns whether the list was read to its end and each entry could be parsed.
    pub(crate) fn is_whole(&self) -> bool {
        self.next.is_none() && self.can_be_read && !self.is_stuck
    }
}
