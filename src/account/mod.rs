//! What an account may spend: its budgets (API reference, 16).

mod budget;
mod budgets;
mod view;

pub use budget::Budget;
pub use budgets::Budgets;
