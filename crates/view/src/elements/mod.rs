//! Elements of a display, as HTML and as text: tables, cards, and passages of text.

mod card;
mod cell;
mod column;
mod passage;
mod table;
pub mod text;
mod window;

pub use card::Card;
pub use cell::{Cell, Tone, counted, grouped};
pub use column::Column;
pub use passage::{Passage, passages};
pub use table::{STYLE, Table};
pub use window::{ROWS, Window};
