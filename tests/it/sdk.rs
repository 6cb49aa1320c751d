//! Tests of the simulator with UP42's own SDKs: the flows of `tests/sdk`.

use std::path::Path;
use std::process::Command;

use up42::serde_json::{self, Value};
use up42::simulator::{Clock, Simulator};

use crate::python::{environment, if_possible, output};

/// Runs a flow with a version of the SDK; each of its steps must succeed.
fn run(version: &str, flow: &str, steps: usize) {
    let Some(python) = if_possible(environment(&format!("up42-py-{version}"))) else { return };
    let simulator = Simulator::builder().clock(Clock::speed(600.0)).eulas_accepted().start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(flow);
    let printed = output(
        Command::new(python)
            .arg(script)
            .current_dir(folder.path())
            .env("TMPDIR", folder.path())
            .env("PYTHONWARNINGS", "ignore")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("UP42_DISABLE_VERSION_CHECK", "true")
            .env("NO_PROXY", "127.0.0.1,api.up42.com")
            .env("UP42_API_URL", simulator.api_url())
            .env("UP42_USERNAME", Simulator::USERNAME)
            .env("UP42_PASSWORD", Simulator::PASSWORD)
            .env("UP42_PROJECT_ID", Simulator::PROJECT_ID)
            .env("UP42_PROJECT_API_KEY", Simulator::PROJECT_API_KEY),
    );
    let printed = printed.unwrap_or_else(|error| panic!("{flow} ends early: {error}"));
    let report: Value = serde_json::from_str(printed.lines().last().unwrap_or_default()).unwrap();
    let failed = report["failed"].as_object().unwrap();
    let reasons: Vec<_> =
        failed.iter().map(|(step, why)| format!("{step}: {}", why.as_str().unwrap())).collect();
    assert!(
        failed.is_empty(),
        "{} steps failed with up42-py {version}:\n\n{}",
        failed.len(),
        reasons.join("\n")
    );
    assert_eq!(report["passed"].as_array().unwrap().len(), steps, "a step was added or taken out");
}

#[test]
fn the_readme_contains_the_setup_of_the_sdk_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let readme = read("README.md");
    for name in ["hosts.py", "adapter.py"] {
        let text = read(&format!("tests/sdk/{name}"));
        let (_, code) = text.split_once("\"\"\"\n\n").unwrap();
        assert!(readme.contains(&format!("```python\n{code}```\n")), "tests/sdk/{name}");
    }
}

#[test]
fn up42_py_0_34_1_works_with_the_simulator() {
    run("0.34.1", "up42_py_0_34.py", 91);
}

#[test]
fn up42_py_0_37_2_works_with_the_simulator() {
    run("0.37.2", "up42_py_0_37.py", 67);
}

#[test]
fn up42_py_4_3_0_works_with_the_simulator() {
    run("4.3.0", "up42_py_4_3.py", 66);
}
