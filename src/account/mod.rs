//! Budgets of an account (`docs/up42-api.md`, 16).
//!
//! ```
//! # use up42::Client;
//! let budgets = Client::simulator()?.budgets()?;
//! assert!(!budgets.is_empty());
//! # Ok::<(), up42::Error>(())
//! ```

mod budget;
mod budgets;
mod view;

pub use budget::Budget;
pub use budgets::Budgets;
