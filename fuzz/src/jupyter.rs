//! The modules of the kernel that read data from other processes.

#[path = "../../kernel/src/jupyter/message.rs"]
pub mod message;
#[path = "../../kernel/src/jupyter/zmtp/mod.rs"]
pub mod zmtp;
