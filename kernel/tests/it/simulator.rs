//! Tests of `up42 simulator` on the command line.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use up42::simulator::Simulator;

const UP42: &str = env!("CARGO_BIN_EXE_up42");

fn sh(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    // Without the login or simulator of the surrounding environment.
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("up42", UP42);
    command.args(["-ec", script]).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_command_has_the_variables_and_ends_the_simulator_with_its_status() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"status=0
        "$up42" simulator --folder f --credits 7 -- sh -c 'env | grep ^UP42_ | sort; exit 3' || status=$?
        echo "$status""#;
    let done = sh(folder.path(), script);
    let lines: Vec<_> = text(&done.stdout).lines().collect();
    let value = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    assert_eq!(value("UP42_PROJECT_API_KEY"), Some(Simulator::PROJECT_API_KEY), "{done:?}");
    assert_eq!(value("UP42_PROJECT_ID"), Some(Simulator::PROJECT_ID));
    assert_eq!(lines.last(), Some(&"3"));
    // The next start has the same address and credits; nothing listens in between.
    let url = value("UP42_API_URL").unwrap();
    assert!(std::net::TcpStream::connect(url.trim_start_matches("http://")).is_err());
    let again = Simulator::builder().folder(folder.path().join("f")).start().unwrap();
    assert_eq!(again.api_url(), url);
    let client = up42::Client::builder().simulator(again).build().unwrap();
    assert_eq!(client.balance().unwrap(), 7);
}

#[test]
fn the_shell_goes_on_while_the_simulator_runs_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"eval "$("$up42" simulator --background --folder f --speed 600)"
        echo "$UP42_API_URL"
        kill "$UP42_SIMULATOR_PID""#;
    let done = sh(folder.path(), script);
    assert!(done.status.success(), "{done:?}");
    assert!(text(&done.stdout).starts_with("http://127.0.0.1:"), "{done:?}");
}

#[test]
fn a_simulator_that_cannot_start_prints_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for background in ["", "--background"] {
        let done = sh(folder.path(), &format!("\"$up42\" simulator --folder file/f {background}"));
        assert!(!done.status.success() && !done.stderr.is_empty(), "{background}: {done:?}");
        assert!(done.stdout.is_empty(), "{done:?}");
    }
    let done = sh(folder.path(), r#""$up42" simulator --fault lost-anwser"#);
    assert!(
        text(&done.stderr).contains("there is no fault `lost-anwser`, but too-many-requests"),
        "{done:?}"
    );
}

#[test]
fn faults_are_set_by_arguments_and_variables_printed_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let mut simulator = Command::new(UP42)
        .args([
            "simulator",
            "--json",
            "--seed",
            "7",
            "--accept-eulas",
            "--fault",
            "malformed-json=always@GET /v2/budgets",
        ])
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = simulator.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
    let variables: Value = serde_json::from_str(&line).unwrap();
    let text = |name: &str| variables[name].as_str().unwrap();
    let client = up42::Client::builder()
        .api_url(text("UP42_API_URL"))
        .auth_url(text("UP42_AUTH_URL"))
        .account(text("UP42_USERNAME"), text("UP42_PASSWORD"))
        .build()
        .unwrap();
    assert_eq!(client.data_product("pneo/display").unwrap().eula, up42::products::EulaState::Accepted);
    let error = client.budgets().unwrap_err();
    simulator.kill().unwrap();
    simulator.wait().unwrap();
    assert_eq!(error.kind(), up42::ErrorKind::Response, "{error}");
}
