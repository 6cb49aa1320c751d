//! Orders: what they cost, how they are placed, and what becomes of them (API reference, 10).
//!
//! - [`from_scenes`], [`plan`]: scenes, areas and a data product, before anything is sent;
//!   [`item`]: one order of it; [`estimate`]: what it costs.
//! - [`batch`]: buying it; [`backend`]: orders as the jobs of a batch; [`reservations`]: which
//!   batch buys an order that several want.
//! - [`order`], [`status`]: an order of the platform; [`list`], [`filter`]: many of them.
//! - [`placed`]: what came of buying; [`delivered`]: the items in the storage.
//! - [`view`]: what a notebook shows.

mod backend;
mod batch;
mod coverage;
mod delivered;
mod estimate;
mod filter;
mod from_scenes;
mod item;
mod list;
mod order;
mod placed;
mod plan;
mod reservations;
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

pub(crate) use backend::OrderBackend;
#[cfg(test)]
pub(crate) use backend::status;
use spent::spent;
