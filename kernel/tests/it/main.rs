//! Tests of the program `up42`. The kernel is installed once for all tests, which takes minutes the
//! first time: in `UP42_HOME`, or in the user's home.

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
