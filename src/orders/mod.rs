//! Orders: what they cost, how they are placed, and what becomes of them (API reference, 10).
//!
//! - [`begin`], [`plan`]: scenes, areas and a data product, before anything is sent;
//!   [`item`]: one order of it; [`estimate`], [`place`]: what it costs, and buying it;
//!   [`sent`]: what was sent, for the platform's list may be late.
//! - [`order`], [`status`]: an order of the platform; [`list`], [`filter`]: many of them.
//! - [`view`]: what a notebook shows.

mod begin;
mod coverage;
mod estimate;
mod filter;
mod item;
mod list;
mod order;
mod place;
mod placed;
mod plan;
mod sent;
mod spent;
mod status;
mod view;

pub use coverage::{OrderCoverage, OrderPart};
pub use estimate::{EstimatedOrder, OrderEstimate};
pub use filter::OrderFilter;
pub use item::OrderItem;
pub use list::Orders;
pub use order::Order;
pub use placed::{OrderPlacement, PlacedOrder, PlacedOrders};
pub use plan::OrderPlan;
pub use status::OrderStatus;

pub(crate) use place::is_own_tag;
pub(crate) use spent::spent;
