//! JSON from outside: [`Walk`] skips values without building them, and [`size()`] estimates the
//! memory of a document before it is built.

mod size;
mod walk;

pub use size::{MOST_PER_BYTE, size, size_of_coordinates};
pub use walk::Walk;
