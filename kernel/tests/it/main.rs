//! The program as users call it. The kernel is installed once for all tests,
//! which takes minutes the first time: in `UP42_HOME`, or where users have it.

mod from_cargo;
mod lab;
mod notebook;
mod notebooks;
mod one_build;
mod plain;
mod prerequisites;
mod run;
mod session;
#[cfg(unix)]
mod simulator;
mod sockets;
