//! Files on disk: written whole or not at all, under names that every system takes.

mod atomic;
pub mod name;

pub use atomic::{AtomicFile, is_temporary, sync_folder, write, write_all};
