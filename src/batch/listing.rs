use std::collections::HashSet;

use super::backend::JobBackend;
use crate::jobs::{Job, JobId, JobsPage};
use up42_core::error::{Error, Result};

/// Pages of a list: a server that never ends one is not followed further.
const MOST_PAGES: usize = 10_000;

/// The list of a service's jobs, page by page.
///
/// A job that is created meanwhile moves the others to later places, so that pages overlap: each
/// job counts once. Some servers know no pages and answer each with the first: a page that brings
/// nothing new is the end.
pub(crate) struct Listing<'a> {
    backend: &'a dyn JobBackend,
    seen: HashSet<JobId>,
    /// Where the next page is; `None` inside when it is the first, outside after the last.
    next: Option<Option<String>>,
    pages: usize,
    can_be_read: bool,
    /// The last page brought nothing new, and named another.
    is_stuck: bool,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(backend: &'a dyn JobBackend) -> Self {
        Self { backend, seen: HashSet::new(), next: Some(None), pages: 0, can_be_read: true, is_stuck: false }
    }

    /// The jobs of the next page that were on none before; `None` after the last page.
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

    /// Whether it was read to its end, and each entry could be read.
    pub(crate) fn is_whole(&self) -> bool {
        self.next.is_none() && self.can_be_read && !self.is_stuck
    }
}
