//! A short run of `examples/crash_test.rs`.

use std::process::Command;

#[path = "../../examples/crash_test.rs"]
mod crash_test;

#[test]
fn a_killed_batch_loses_nothing_and_pays_nothing_twice() {
    let victim = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::victim", "--ignored"]);
        command
    };
    let kills = crash_test::attack(1, 6, victim);
    assert!(kills > 0);
}

#[test]
#[ignore = "the program that is killed"]
fn victim() {
    if std::env::var_os(crash_test::FOLDER).is_some() {
        crash_test::victim().unwrap();
    }
}
