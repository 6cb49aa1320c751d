//! Files on disk: atomic writes and portable names.

mod atomic;
pub mod name;

pub use atomic::{AtomicFile, is_temporary, sync_folder, write, write_all};
