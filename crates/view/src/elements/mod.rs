//! Elements of a display, as HTML and as text: tables, cards, and blocks of text.

mod card;
mod cell;
mod column;
mod table;
pub mod text;
mod text_block;
mod window;

pub use card::Card;
pub use cell::{Cell, StatusKind, counted, grouped};
pub use column::Column;
pub use table::{STYLE, Table};
pub use text_block::{TextBlock, text_blocks};
pub use window::{ROWS, Window};
