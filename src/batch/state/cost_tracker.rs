use super::Phase;

/// What the items cost, cost at most, and may cost together.
#[derive(Clone, Debug)]
pub(super) struct CostTracker {
    /// The most that may be paid, and the most that each item costs.
    budget: Option<(i64, Vec<i64>)>,
    /// What was paid for jobs whose items were sent anew.
    paid_before: i64,
    /// How often each was sent anew although nobody knows what the job before cost.
    unknown_costs_before: Vec<u32>,
}

impl CostTracker {
    pub(super) fn new(items: usize) -> Self {
        Self { budget: None, paid_before: 0, unknown_costs_before: vec![0; items] }
    }

    pub(super) fn set_budget(&mut self, credits: i64, prices: Vec<i64>) {
        self.budget = Some((credits, prices));
    }

    /// The most that may be paid, where that was said.
    pub(super) fn budget(&self) -> Option<i64> {
        self.budget.as_ref().map(|(budget, _)| *budget)
    }

    /// The most that the item costs; nothing as long as nobody asked.
    pub(super) fn price(&self, item: usize) -> i64 {
        self.budget.as_ref().and_then(|(_, prices)| prices.get(item)).copied().unwrap_or(0)
    }

    /// Whether the item's price counts for what was sent: nobody knows what was paid.
    pub(super) fn counts_price(&self, item: usize, phase: &Phase) -> bool {
        self.unknown_costs_before[item] > 0 || (phase.may_have_cost() && phase.credits().is_none())
    }

    /// What was paid, and what may have to be paid for what was sent.
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

    /// What was paid, as far as the platform told, also for jobs that were sent anew.
    pub(super) fn paid(&self, phases: &[Phase]) -> i64 {
        phases.iter().filter_map(Phase::credits).fold(self.paid_before, i64::saturating_add)
    }

    /// The item is sent anew, after it stood like this.
    pub(super) fn keep(&mut self, item: usize, phase: &Phase) {
        match phase.credits() {
            Some(credits) => self.paid_before = self.paid_before.saturating_add(credits),
            None => self.unknown_costs_before[item] += u32::from(phase.may_have_cost()),
        }
    }
}
