//! The part of the kernel that speaks with strangers.

#[path = "../../kernel/src/front/message.rs"]
pub mod message;
#[path = "../../kernel/src/front/zmtp/mod.rs"]
pub mod zmtp;
