//! JSON from external sources: [`Walk`] skips values without parsing them, and [`size()`] estimates
//! the memory of a document before it is parsed.

mod size;
mod walk;

pub use size::{MOST_PER_BYTE, size, size_of_coordinates};
pub use walk::Walk;
