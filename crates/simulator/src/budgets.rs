//! Budgets of the account (`docs/up42-api.md`, 16).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::auth::WORKSPACE_ID;
use super::orders::unknown;
use super::pagination::{page_json, page_of, sort};
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, get};
use super::seeded_rng::SeededRng;
use super::store::{Store, stamp};

const PAGE: usize = 20;

/// Budget and its spending limit.
struct Budget {
    name: &'static str,
    description: &'static str,
    limit: Option<i64>,
    is_active: bool,
}

static BUDGETS: [Budget; 3] = [
    Budget { name: "Mapping", description: "Everything for the maps", limit: Some(20_000), is_active: true },
    Budget { name: "Pilot", description: "A first look", limit: Some(500), is_active: true },
    Budget { name: "Last year", description: "Closed", limit: None, is_active: false },
];

impl Budget {
    fn id(&self) -> String {
        SeededRng::of_text(0, &format!("budget {}", self.name)).uuid().to_string()
    }

    fn json(&self, store: &Store, now: Timestamp, with_usage: bool) -> Value {
        let opened = stamp(store.opened);
        let mut json = json!({
            "id": self.id(),
            "name": self.name,
            "description": self.description,
            "externalId": null,
            "status": if self.is_active { "ACTIVE" } else { "INACTIVE" },
            "spendLimit": self.limit,
            "validityPeriod": null,
            "createdBy": WORKSPACE_ID,
            "createdAt": opened,
            "updatedAt": opened,
        });
        if with_usage {
            let consumed = store.consumed(&self.id(), now);
            json["consumedCredits"] = consumed.into();
            json["remainingCredits"] = self.limit.map(|limit| limit - consumed).into();
            let share = |limit: i64| (consumed as f64 / limit as f64 * 1000.0).round() / 10.0;
            json["usagePercentage"] = self.limit.map(share).into();
        }
        json
    }
}

impl Store {
    /// Returns the credits that were spent from a budget or are held for it.
    fn consumed(&self, id: &str, now: Timestamp) -> i64 {
        let own = self.orders.iter().filter(|order| order.budget.as_deref() == Some(id));
        let orders: i64 =
            own.map(|order| order.held(now) + order.captured(now).map_or(0, |_| order.credits)).sum();
        let jobs = self.processing.iter().filter(|job| job.budget.as_deref() == Some(id));
        orders + jobs.map(|job| job.held(now) + job.captured(now).map_or(0, |_| job.credits)).sum::<i64>()
    }

    /// Fails if a budget does not allow to spend these credits, or if a required budget is missing.
    pub(super) fn check_budget(&self, id: Option<&str>, credits: i64, now: Timestamp) -> Result<(), String> {
        let Some(id) = id else {
            return match self.budgets_enforced {
                true => Err("A budget is required: budgets are enforced in this account".into()),
                false => Ok(()),
            };
        };
        let budget = BUDGETS.iter().find(|budget| budget.id() == id);
        let budget = budget.ok_or(format!("Budget not found with id '{id}'"))?;
        if !budget.is_active {
            return Err(format!("Budget '{}' is not active", budget.name));
        }
        match budget.limit {
            Some(limit) if self.consumed(id, now) + credits > limit => {
                Err(format!("Insufficient credits in budget '{}'", budget.name))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the endpoints of budgets.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v2/budgets", |platform, request, []| platform.list_budgets(request)),
        get("/v2/budgets/settings", |platform, _, []| {
            let is_enforced = platform.store().budgets_enforced;
            Ok(Reply::json(200, &json!({"enforcementEnabled": is_enforced})))
        }),
        get("/v2/budgets/{id}", |platform, request, [id]| platform.budget(request, id)),
        get("/v2/budgets/{id}/usage", |platform, _, [id]| platform.budget_usage(id)),
    ]
}

impl Platform {
    fn list_budgets(&self, request: &Request) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        let (page, size) = page_of(request, PAGE)?;
        let wanted: Vec<_> = request.query.iter().filter(|(name, _)| name == "status").collect();
        let json = |budget: &Budget| budget.json(&store, now, with_usage(request));
        let mut all: Vec<Value> = BUDGETS.iter().map(json).collect();
        all.retain(|one| wanted.is_empty() || wanted.iter().any(|(_, status)| one["status"] == **status));
        if request.query("sort").is_some() {
            sort(&mut all, request, "Budget", &["createdAt", "updatedAt", "name", "status"])?;
        }
        Ok(Reply::json(200, &page_json(&all, page, size)))
    }

    fn budget(&self, request: &Request, id: &str) -> Answer {
        let now = self.clock.now();
        let store = self.store();
        Ok(Reply::json(200, &by_id(id)?.json(&store, now, with_usage(request))))
    }

    fn budget_usage(&self, id: &str) -> Answer {
        let now = self.clock.now();
        let consumed = self.store().consumed(&by_id(id)?.id(), now);
        Ok(Reply::json(200, &json!({"budgetId": id, "consumedCredits": consumed})))
    }
}

/// Returns whether a request asks for the spent credits.
fn with_usage(request: &Request) -> bool {
    // Python writes `True`.
    request.query("includeUsage").is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

fn by_id(id: &str) -> Result<&'static Budget, Reply> {
    BUDGETS.iter().find(|budget| budget.id() == id).ok_or_else(|| unknown("Budget", id))
}
