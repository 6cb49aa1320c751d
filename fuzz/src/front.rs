//! The modules of the kernel that read data from other processes.

#[path = "../../kernel/src/front/message.rs"]
pub mod message;
#[path = "../../kernel/src/front/zmtp/mod.rs"]
pub mod zmtp;
