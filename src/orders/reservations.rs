//! Reservations of orders, which decide which batch buys an order.
//!
//! Two batches may contain the same order, such as a plan that is placed and then run as a batch,
//! and the platform's list may not yet contain the order of the first. Each order is therefore
//! reserved before it is sent, in a file beside the journals that all programs with this folder
//! share. The file is not a journal: the state of a batch's own orders is in the batch's journal.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use up42_core::error::{Context, Result};
use up42_core::sqlite::{self, foreign};

/// File name; no journal has this extension.
const FILE: &str = "order-reservations.db";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS reservation (scope TEXT, tag TEXT, run TEXT NOT NULL, batch TEXT NOT NULL,
                                            order_id TEXT, PRIMARY KEY (scope, tag));
";

/// Reservations of a workspace.
#[derive(Debug)]
pub(super) struct Reservations {
    path: PathBuf,
    /// Host of the platform, and id of the workspace.
    scope: String,
}

/// Existing reservation, usually of another batch. It belongs to this batch if the journal was
/// restored from a copy, or if the program was killed before it recorded the result of the order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reserved {
    pub(super) run: String,
    /// Name of the batch.
    pub(super) batch: String,
    /// Id of the order, once it is known.
    pub(super) order_id: Option<String>,
}

/// Batch that reserves: its random id and its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buyer<'a> {
    pub(super) run: &'a str,
    pub(super) batch: &'a str,
}

impl Reservations {
    pub(super) fn new(folder: &Path, scope: String) -> Self {
        Self { path: folder.join(FILE), scope }
    }

    /// Reserves an order by its tag for a batch. Returns the existing reservation; `None` if there
    /// was none.
    pub(super) fn reserve(&self, tag: &str, buyer: Buyer) -> Result<Option<Reserved>> {
        self.change(|change| {
            let known = "SELECT run, batch, order_id FROM reservation WHERE scope = ? AND tag = ?";
            let known = change.query_row(known, [&self.scope, tag], |row| {
                Ok(Reserved { run: row.get(0)?, batch: row.get(1)?, order_id: row.get(2)? })
            });
            let known = known.optional()?;
            if known.is_none() {
                let reserve = "INSERT INTO reservation VALUES (?, ?, ?, ?, NULL)";
                change.execute(reserve, params![self.scope, tag, buyer.run, buyer.batch])?;
            }
            Ok(known)
        })
    }

    /// Passes a reservation to another batch, after it was proven that the first one created no
    /// order, or that its order is gone. Returns whether it was unchanged until now: a third batch
    /// may have taken it over.
    pub(super) fn take_over(&self, tag: &str, from: &Reserved, buyer: Buyer) -> Result<bool> {
        self.change(|change| {
            let take = "UPDATE reservation SET run = ?, batch = ?, order_id = NULL
                        WHERE scope = ? AND tag = ? AND run = ? AND order_id IS ?";
            let taken = params![buyer.run, buyer.batch, self.scope, tag, from.run, from.order_id];
            change.execute(take, taken).map(|taken| taken > 0)
        })
    }

    /// Records the order's id.
    pub(super) fn ordered(&self, tag: &str, order_id: &str) -> Result<()> {
        self.change(|change| {
            let ordered = "UPDATE reservation SET order_id = ? WHERE scope = ? AND tag = ?";
            change.execute(ordered, [order_id, &self.scope, tag]).map(drop)
        })
    }

    /// Deletes a reservation after the request has created nothing, so that others may buy the
    /// order.
    pub(super) fn release(&self, tag: &str, buyer: Buyer) -> Result<()> {
        self.change(|change| {
            let release =
                "DELETE FROM reservation WHERE scope = ? AND tag = ? AND run = ? AND order_id IS NULL";
            change.execute(release, [&self.scope, tag, buyer.run]).map(drop)
        })
    }

    fn change<T>(&self, change: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = sqlite::open(&self.path)?;
        let run = || -> rusqlite::Result<T> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(SCHEMA)?;
            let done = change(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        run().map_err(foreign).with_context(|| format!("file `{}`", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Buyer = Buyer { run: "1", batch: "first" };
    const SECOND: Buyer = Buyer { run: "2", batch: "second" };

    fn firsts(order_id: Option<&str>) -> Option<Reserved> {
        Some(Reserved { run: "1".into(), batch: "first".into(), order_id: order_id.map(str::to_owned) })
    }

    #[test]
    fn an_order_belongs_to_one_batch() {
        let folder = tempfile::tempdir().unwrap();
        let open = |scope: &str| Reservations::new(&folder.path().join("new"), scope.into());
        let (here, elsewhere) = (open("a"), open("b"));
        assert_eq!(here.reserve("t", FIRST).unwrap(), None);
        assert_eq!(here.reserve("t", FIRST).unwrap(), firsts(None), "it was there before");
        assert_eq!(here.reserve("t", SECOND).unwrap(), firsts(None));
        assert_eq!(elsewhere.reserve("t", SECOND).unwrap(), None, "that is another account");
        here.release("t", SECOND).unwrap();
        assert_eq!(here.reserve("t", SECOND).unwrap(), firsts(None), "it is not the second's");
        here.ordered("t", "7").unwrap();
        here.release("t", FIRST).unwrap();
        assert!(!here.take_over("t", &firsts(None).unwrap(), SECOND).unwrap());
        assert_eq!(here.reserve("t", SECOND).unwrap(), firsts(Some("7")), "what exists stays whose it is");
        assert!(here.take_over("t", &firsts(Some("7")).unwrap(), SECOND).unwrap(), "the order is gone");
        let taken = here.reserve("t", FIRST).unwrap().unwrap();
        assert_eq!((taken.run.as_str(), taken.order_id), ("2", None));
    }

    #[test]
    fn refused_or_absent_orders_can_be_reserved_again() {
        let folder = tempfile::tempdir().unwrap();
        let here = Reservations::new(folder.path(), "a".into());
        here.reserve("refused", FIRST).unwrap();
        here.release("refused", FIRST).unwrap();
        assert_eq!(here.reserve("refused", SECOND).unwrap(), None);
        here.reserve("absent", FIRST).unwrap();
        assert!(here.take_over("absent", &firsts(None).unwrap(), SECOND).unwrap());
        assert_eq!(here.reserve("absent", FIRST).unwrap().unwrap().run, "2");
    }

    /// Two batches have found that the first one created no order.
    #[test]
    fn only_one_of_two_takes_an_order_over() {
        let folder = tempfile::tempdir().unwrap();
        let here = Reservations::new(folder.path(), "a".into());
        here.reserve("t", FIRST).unwrap();
        let seen = here.reserve("t", SECOND).unwrap().unwrap();
        assert!(here.take_over("t", &seen, Buyer { run: "3", batch: "third" }).unwrap());
        assert!(!here.take_over("t", &seen, SECOND).unwrap());
        assert_eq!(here.reserve("t", SECOND).unwrap().unwrap().run, "3");
    }

    #[test]
    fn only_one_of_many_reserves_an_order() {
        let folder = tempfile::tempdir().unwrap();
        let runs: Vec<String> = (0..8).map(|run| run.to_string()).collect();
        let won = up42_core::parallel::in_parallel(&runs, 8, |run| {
            let here = Reservations::new(folder.path(), "a".into());
            here.reserve("t", Buyer { run, batch: run }).unwrap().is_none()
        });
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
    }
}
