//! JSON text of others: walked without building what nobody asks for ([`walk`]), and weighed
//! before it is built ([`size`]).

mod size;
mod walk;

pub use size::{MOST_PER_BYTE, size, size_of_coordinates};
pub use walk::Walk;
