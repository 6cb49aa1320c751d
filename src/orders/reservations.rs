//! Which batch buys an order.
//!
//! Two batches may want the same order, such as a plan that is placed and then run as a batch,
//! and the platform's list may be late with what the first has sent. So each order is reserved
//! before it is sent, in a file beside the journals that every program with this folder shares.
//! The file is no journal: what became of a batch's own orders stands in the batch's journal.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use up42_core::error::{Context, Result};
use up42_core::sqlite::{self, foreign};

/// No batch's journal has this ending.
const FILE: &str = "order-reservations.db";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS reservation (scope TEXT, tag TEXT, run TEXT NOT NULL, batch TEXT NOT NULL,
                                            order_id TEXT, PRIMARY KEY (scope, tag));
";

/// The reservations of a workspace.
#[derive(Debug)]
pub(super) struct Reservations {
    path: PathBuf,
    /// The platform and the workspace.
    scope: String,
}

/// A reservation that was there before, mostly of another batch. It is the own one when the
/// journal was restored from a copy, or when the program was killed before it wrote down what
/// came of the order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reserved {
    pub(super) run: String,
    /// The batch's name.
    pub(super) batch: String,
    /// The order's id, once it was told.
    pub(super) order_id: Option<String>,
}

/// Who reserves: the batch's own id, and its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buyer<'a> {
    pub(super) run: &'a str,
    pub(super) batch: &'a str,
}

impl Reservations {
    pub(super) fn new(folder: &Path, scope: String) -> Self {
        Self { path: folder.join(FILE), scope }
    }

    /// Reserves an order by its tag for a batch; `None` when nobody had it.
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

    /// Gives an order to another batch: it is proven that the first created none, or that what it
    /// created is gone. Says whether it was still that one's: a third may have been given it
    /// meanwhile.
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

    /// The batch's request created nothing: others may buy the order.
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
    fn what_was_refused_or_never_created_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let here = Reservations::new(folder.path(), "a".into());
        here.reserve("refused", FIRST).unwrap();
        here.release("refused", FIRST).unwrap();
        assert_eq!(here.reserve("refused", SECOND).unwrap(), None);
        here.reserve("absent", FIRST).unwrap();
        assert!(here.take_over("absent", &firsts(None).unwrap(), SECOND).unwrap());
        assert_eq!(here.reserve("absent", FIRST).unwrap().unwrap().run, "2");
    }

    /// Both have seen that the first created none.
    #[test]
    fn of_two_that_take_an_order_over_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = Reservations::new(folder.path(), "a".into());
        here.reserve("t", FIRST).unwrap();
        let seen = here.reserve("t", SECOND).unwrap().unwrap();
        assert!(here.take_over("t", &seen, Buyer { run: "3", batch: "third" }).unwrap());
        assert!(!here.take_over("t", &seen, SECOND).unwrap());
        assert_eq!(here.reserve("t", SECOND).unwrap().unwrap().run, "3");
    }

    #[test]
    fn of_many_at_once_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let runs: Vec<String> = (0..8).map(|run| run.to_string()).collect();
        let won = up42_core::parallel::in_parallel(&runs, 8, |run| {
            let here = Reservations::new(folder.path(), "a".into());
            here.reserve("t", Buyer { run, batch: run }).unwrap().is_none()
        });
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
    }
}
