use super::Phase;

/// Costs of the items: credits paid, highest prices, and the spending limit.
#[derive(Clone, Debug)]
pub(super) struct CostTracker {
    /// Spending limit, and the highest price of each item.
    spending_limit: Option<(i64, Vec<i64>)>,
    /// Credits paid for jobs whose items were retried.
    paid_before: i64,
    /// Number of retries of each item after a job with an unknown cost.
    unknown_costs_before: Vec<u32>,
}

impl CostTracker {
    pub(super) fn new(items: usize) -> Self {
        Self { spending_limit: None, paid_before: 0, unknown_costs_before: vec![0; items] }
    }

    pub(super) fn set_max_credits(&mut self, credits: i64, prices: Vec<i64>) {
        self.spending_limit = Some((credits, prices));
    }

    /// Returns the spending limit, if there is one.
    pub(super) fn max_credits(&self) -> Option<i64> {
        self.spending_limit.as_ref().map(|(most, _)| *most)
    }

    /// Returns the highest price of the item; 0 if prices were not requested.
    pub(super) fn price(&self, item: usize) -> i64 {
        self.spending_limit.as_ref().and_then(|(_, prices)| prices.get(item)).copied().unwrap_or(0)
    }

    /// Returns whether the item's price counts as committed, since the cost of one of its jobs is
    /// unknown.
    pub(super) fn counts_price(&self, item: usize, phase: &Phase) -> bool {
        self.unknown_costs_before[item] > 0 || (phase.may_have_cost() && phase.credits().is_none())
    }

    /// Returns the credits paid, and the highest prices of the jobs with unknown costs.
    pub(super) fn committed(&self, phases: &[Phase]) -> i64 {
        let sent = phases.iter().enumerate().map(|(item, phase)| {
            let before = self.price(item).saturating_mul(self.unknown_costs_before[item].into());
            let now = match phase.may_have_cost() {
                true => phase.credits().unwrap_or(self.price(item)),
                false => 0,
            };
            before.saturating_add(now)
        });
        sent.fold(self.paid_before, i64::saturating_add)
    }

    /// Returns the credits paid, as far as the platform reported them, including jobs that were
    /// retried.
    pub(super) fn paid(&self, phases: &[Phase]) -> i64 {
        phases.iter().filter_map(Phase::credits).fold(self.paid_before, i64::saturating_add)
    }

    /// Adds the cost of an item's job before the item is retried; `phase` is the phase before.
    pub(super) fn carry_over(&mut self, item: usize, phase: &Phase) {
        match phase.credits() {
            Some(credits) => self.paid_before = self.paid_before.saturating_add(credits),
            None => self.unknown_costs_before[item] += u32::from(phase.may_have_cost()),
        }
    }
}
