//! Budgets of the account (`docs/up42-api.md`, 16).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::auth::WORKSPACE_ID;
use super::orders::unknown;
use super::pagination::{page_json, page_of, sort};
use super::platform::{Platform, wrong_method};
use super::reply::{Answer, Reply};
use super::request::Request;
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

impl Platform {
    pub(super) fn budgets(&self, request: &Request, path: &[&str]) -> Answer {
        let now = self.clock.now();
        // Python writes `True`.
        let with_usage = request.query("includeUsage").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let find = |id: &str| BUDGETS.iter().find(|one| one.id() == id).ok_or_else(|| unknown("Budget", id));
        let store = self.store();
        let body = match (request.method.as_str(), path) {
            ("GET", []) => {
                let (page, size) = page_of(request, PAGE)?;
                let wanted: Vec<_> = request.query.iter().filter(|(name, _)| name == "status").collect();
                let mut all: Vec<Value> =
                    BUDGETS.iter().map(|one| one.json(&store, now, with_usage)).collect();
                all.retain(|one| {
                    wanted.is_empty() || wanted.iter().any(|(_, status)| one["status"] == **status)
                });
                if request.query("sort").is_some() {
                    sort(&mut all, request, "Budget", &["createdAt", "updatedAt", "name", "status"])?;
                }
                page_json(&all, page, size)
            }
            ("GET", ["settings"]) => json!({"enforcementEnabled": store.budgets_enforced}),
            ("GET", [id]) => find(id)?.json(&store, now, with_usage),
            ("GET", [id, "usage"]) => {
                json!({"budgetId": id, "consumedCredits": store.consumed(&find(id)?.id(), now)})
            }
            (_, [] | [_] | [_, "usage"]) => return Err(wrong_method(request)),
            _ => return Err(Reply::problem(404, "Resource does not exist.")),
        };
        Ok(Reply::json(200, &body))
    }
}
