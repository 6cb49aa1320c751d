use polars::prelude::DataFrame;
use serde_json::Value;

use super::Budget;
use crate::client::{Client, id::checked, pages};
use crate::frame::Frame;
use crate::transport::Request;
use up42_core::error::{Context, ErrorKind, Result};
use up42_core::impl_list;

/// Budgets of an account, most recently changed first.
#[derive(Clone)]
pub struct Budgets {
    pub(super) budgets: Vec<Budget>,
    pub(super) is_enforced: Option<bool>,
}

impl Client {
    /// Returns the budgets of the account with their usage. Only some price plans have budgets.
    ///
    /// ```
    /// # use up42::Client;
    /// # let client = Client::simulator()?;
    /// let budgets = client.budgets()?;
    /// let pilot = budgets.get("Pilot").unwrap();
    /// assert_eq!((pilot.limit, pilot.usage()?, budgets.is_enforced()), (Some(500), 0, Some(false)));
    /// # Ok::<(), up42::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] if the login lacks the permission, [`ErrorKind::Network`] on failure of
    /// the connection.
    pub fn budgets(&self) -> Result<Budgets> {
        let read = || {
            let request = Request::get(self.url("/v2/budgets"))
                .query("sort", "updatedAt,desc")
                .query("includeUsage", "true");
            let budgets =
                pages(self, &request, usize::MAX, |json| Budget::read(self, json).map(Some))?.entries;
            let is_enforced = match self.get("/v2/budgets/settings") {
                Ok(settings) => settings.get("enforcementEnabled").and_then(Value::as_bool),
                // A login may have the permission for budgets but not for their settings.
                Err(error) if matches!(error.kind(), ErrorKind::Auth | ErrorKind::NotFound) => None,
                Err(error) => return Err(error),
            };
            Ok(Budgets { budgets, is_enforced })
        };
        let budgets: Result<_> = read();
        budgets.context("list the budgets")
    }

    /// Returns the budget with this id and its usage.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if the account has no such budget.
    pub fn budget(&self, id: impl AsRef<str>) -> Result<Budget> {
        let id = id.as_ref();
        let read = || {
            let path = format!("/v2/budgets/{}", checked("budget", id)?);
            Budget::read(self, &self.json(Request::get(self.url(&path)).query("includeUsage", "true"))?)
        };
        read().with_context(|| format!("budget `{id}`"))
    }
}

impl_list!(Budgets(budgets: Budget), "Returns an iterator over the budgets.");

impl Budgets {
    /// Returns the budget with this name or id.
    pub fn get(&self, name: &str) -> Option<&Budget> {
        self.iter().find(|one| one.id == name || one.name == name)
    }

    /// Returns whether every order must have a budget; `None` if the platform does not state it.
    pub fn is_enforced(&self) -> Option<bool> {
        self.is_enforced
    }

    /// Returns the budgets as a Polars DataFrame, one row per budget.
    ///
    /// | column | dtype | unit | null means | field of the API |
    /// |---|---|---|---|---|
    /// | `id`, `name` | String | | never null | the same |
    /// | `status` | String | | never null | `status`: `ACTIVE`, `INACTIVE` |
    /// | `limit` | Int64 | credits | no limit | `spendLimit` |
    /// | `consumed` | Int64 | credits | not stated | `consumedCredits` |
    /// | `remaining` | Int64 | credits | no limit | `remainingCredits` |
    /// | `percent` | Float64 | % of the limit | no limit | `usagePercentage` |
    /// | `start`, `end` | Datetime(ms) | UTC | open | `validityPeriod` |
    /// | `description` | String | | none | `description` |
    ///
    /// # Errors
    ///
    /// Only if Polars rejects the columns.
    pub fn to_dataframe(&self) -> Result<DataFrame> {
        Frame::of(&self.budgets)
            .text("id", |one| Some(&one.id))
            .text("name", |one| Some(&one.name))
            .text("status", |one| Some(&one.status))
            .integer("limit", |one| one.limit)
            .integer("consumed", |one| one.consumed)
            .integer("remaining", |one| one.remaining)
            .number("percent", |one| one.percent)
            .instant("start", |one| one.valid.0)?
            .instant("end", |one| one.valid.1)?
            .text("description", |one| one.description.as_deref())
            .finish()
            .context("budgets to a DataFrame")
    }
}
