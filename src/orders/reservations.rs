//! Which batch buys an order.
//!
//! Two batches may want the same order, such as a plan that is placed and then run as a batch,
//! and the platform's list may be late with what the first has sent. So each order is reserved
//! before it is sent, in a file beside the journals that every program with this folder shares.
//! The file is no journal: what became of a batch's own orders stands in the batch's journal.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use crate::error::{Context, Result};
use crate::sqlite::{self, foreign};

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

/// To whom an order belongs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reserved {
    /// It is the batch's that asked.
    Own,
    /// Another batch's, by its name, and the order's id, once it was told.
    Other { batch: String, order_id: Option<String> },
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

    /// Reserves an order by its tag for a batch; says to whom it belongs.
    pub(super) fn reserve(&self, tag: &str, buyer: Buyer) -> Result<Reserved> {
        self.change(|change| {
            let known = "SELECT run, batch, order_id FROM reservation WHERE scope = ? AND tag = ?";
            let known = change.query_row(known, [&self.scope, tag], |row| {
                let (run, batch): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((run, Reserved::Other { batch, order_id: row.get(2)? }))
            });
            match known.optional()? {
                Some((run, other)) if run != buyer.run => Ok(other),
                Some(_) => Ok(Reserved::Own),
                None => {
                    let reserve = "INSERT INTO reservation VALUES (?, ?, ?, ?, NULL)";
                    change.execute(reserve, params![self.scope, tag, buyer.run, buyer.batch])?;
                    Ok(Reserved::Own)
                }
            }
        })
    }

    /// Gives an order to another batch: it is proven that the first created none.
    pub(super) fn take_over(&self, tag: &str, buyer: Buyer) -> Result<()> {
        self.change(|change| {
            let take =
                "UPDATE reservation SET run = ?, batch = ? WHERE scope = ? AND tag = ? AND order_id IS NULL";
            change.execute(take, params![buyer.run, buyer.batch, self.scope, tag]).map(drop)
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

    fn others(order_id: Option<&str>) -> Reserved {
        Reserved::Other { batch: "first".into(), order_id: order_id.map(str::to_owned) }
    }

    #[test]
    fn an_order_belongs_to_one_batch() {
        let folder = tempfile::tempdir().unwrap();
        let open = |scope: &str| Reservations::new(&folder.path().join("new"), scope.into());
        let (here, elsewhere) = (open("a"), open("b"));
        assert_eq!(here.reserve("t", FIRST).unwrap(), Reserved::Own);
        assert_eq!(here.reserve("t", FIRST).unwrap(), Reserved::Own, "it is sent again");
        assert_eq!(here.reserve("t", SECOND).unwrap(), others(None));
        assert_eq!(elsewhere.reserve("t", SECOND).unwrap(), Reserved::Own, "that is another account");
        here.release("t", SECOND).unwrap();
        assert_eq!(here.reserve("t", SECOND).unwrap(), others(None), "it is not the second's");
        here.ordered("t", "7").unwrap();
        here.release("t", FIRST).unwrap();
        here.take_over("t", SECOND).unwrap();
        assert_eq!(here.reserve("t", SECOND).unwrap(), others(Some("7")), "what exists stays whose it is");
    }

    #[test]
    fn what_was_refused_or_never_created_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let here = Reservations::new(folder.path(), "a".into());
        here.reserve("refused", FIRST).unwrap();
        here.release("refused", FIRST).unwrap();
        assert_eq!(here.reserve("refused", SECOND).unwrap(), Reserved::Own);
        here.reserve("absent", FIRST).unwrap();
        here.take_over("absent", SECOND).unwrap();
        assert_eq!(here.reserve("absent", SECOND).unwrap(), Reserved::Own);
        assert_ne!(here.reserve("absent", FIRST).unwrap(), Reserved::Own);
    }

    #[test]
    fn of_many_at_once_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let runs: Vec<String> = (0..8).map(|run| run.to_string()).collect();
        let won = crate::parallel::in_parallel(&runs, 8, |run| {
            let here = Reservations::new(folder.path(), "a".into());
            here.reserve("t", Buyer { run, batch: run }).unwrap() == Reserved::Own
        });
        assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
    }
}
