//! up42
fn main() {}
