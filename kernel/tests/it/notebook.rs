use std::thread;

use crate::run::Notebook;

#[test]
fn cells_share_values_and_show_frames_and_bundles() {
    let notebook = Notebook::new(&[
        "let numbers = vec![20, 22];\nlet total = numbers.iter().sum::<i32>();\ntotal",
        "println!(\"{} numbers\", numbers.len());\neprintln!(\"a warning\");",
        "let frame = up42::polars::df!(\"city\" => [\"Dakar\", \"Kaolack\"], \"scenes\" => [7i64, 9]).unwrap();\nframe.shape()",
        "let rich = frame.clone().lazy().filter(col(\"scenes\").gt(lit(8))).collect()?;\nrich",
        r#"
struct MimeBundle;
impl MimeBundle {
    pub fn evcxr_display(&self) {
        println!("EVCXR_BEGIN_CONTENT text/html\n<b>two scenes</b>\nEVCXR_END_CONTENT");
        println!("EVCXR_BEGIN_CONTENT image/jpeg\n/9j/4AAQ\nEVCXR_END_CONTENT");
        println!("EVCXR_BEGIN_CONTENT text/plain\ntwo scenes\nEVCXR_END_CONTENT");
    }
}
MimeBundle"#,
    ]);
    let executed = notebook.run();
    assert!(executed.output.status.success(), "{}{}", executed.stdout(), executed.stderr());
    assert_eq!(executed.result(0, "text/plain"), "42");
    assert_eq!(executed.stream(1, "stdout"), "2 numbers\n");
    assert_eq!(executed.stream(1, "stderr"), "a warning\n");
    assert_eq!(executed.result(2, "text/plain"), "(2, 2)");
    assert!(executed.result(3, "text/plain").contains("Kaolack"));
    assert_eq!(executed.result(4, "text/html"), "<b>two scenes</b>");
    assert_eq!(executed.result(4, "image/jpeg").trim(), "/9j/4AAQ");
    assert_eq!(executed.result(4, "text/plain"), "two scenes");
    assert!(executed.stdout().contains("[5/5]"), "{}", executed.stdout());

    assert!(executed.html.contains("<b>two scenes</b>"));
    for request in ["<script src", "<link", "url(http", "@import", "cdnjs"] {
        assert!(!executed.html.contains(request), "the page asks the network: {request}");
    }
    assert_eq!(notebook.run().ipynb, executed.ipynb, "a second run gives another file");
}

/// rust-analyzer must infer the type of each of these variables.
#[test]
fn variables_of_many_types_persist_between_cells() {
    let executed = Notebook::new(&[
        "use std::collections::{HashMap, HashSet};\n\
         let mut looks: HashMap<String, i32> = HashMap::new();\n\
         looks.insert(\"Dakar\".into(), 2);\n\
         let one = looks.get(\"Dakar\").copied();\n\
         let more = looks.get(\"Dakar\").map(|looks| looks + 1).unwrap_or(0);\n\
         let names = looks.keys().cloned().collect::<Vec<_>>();\n\
         let mut lengths = HashMap::new();\n\
         for name in &names { *lengths.entry(name.len()).or_insert(0usize) += 1; }\n\
         let set: HashSet<i32> = looks.values().copied().collect();\n\
         let copied = set.iter().copied().collect::<Vec<_>>();",
        "let client = Client::simulator()?;\n\
         let aoi = Aoi::from_bbox([-17.54, 14.65, -17.42, 14.76])?;\n\
         let scenes = client.catalog().search(Search::new(&aoi).limit(3))?;\n\
         let dates = scenes.iter().filter_map(|scene| scene.datetime).collect::<Vec<_>>();\n\
         let clouds = scenes.iter().map(|scene| (scene.id.clone(), scene.cloud_cover)).collect::<Vec<_>>();\n\
         let shapes = scenes.iter().filter_map(|scene| scene.footprint.clone()).collect::<Vec<_>>();\n\
         let now = up42::jiff::Timestamp::now();\n\
         let json = aoi.to_geojson();\n\
         let lazy = scenes.to_dataframe()?.lazy().filter(col(\"cloud_cover\").lt(lit(50.0)));\n\
         let frame = lazy.clone().collect()?;",
        "(one, more, names.len(), lengths[&5], dates.len() == clouds.len() && shapes.len() == 3, json[\"type\"].as_str(), \
          dates.iter().all(|date| *date < now), frame.width() > 9)",
    ])
    .run();
    assert!(executed.output.status.success(), "{}{}", executed.stdout(), executed.stderr());
    let expected = "(Some(2), 3, 1, 1, true, Some(\"Polygon\"), true, true)";
    assert_eq!(executed.result(2, "text/plain"), expected);
}

#[test]
fn a_question_mark_that_fails_fails_the_run() {
    let executed =
        Notebook::new(&["6 * 7", "let n: i32 = \"seven\".parse()?;", "println!(\"never\");"]).run();
    executed.assert_failed("invalid digit found in string");
    assert_eq!(executed.stream(2, "stdout"), "");
}

#[test]
fn an_error_of_the_library_is_shown() {
    let executed = Notebook::new(&["6 * 7", "let aoi = Aoi::read(\"no/such.geojson\")?;"]).run();
    executed.assert_failed("no/such.geojson");
}

#[test]
fn a_panic_after_an_incomplete_line_fails_the_run() {
    let executed = Notebook::new(&["6 * 7", "print!(\"half a line\");\npanic!(\"no scenes left\");"]).run();
    executed.assert_failed("no scenes left");
    assert!(!executed.stderr().contains("stack backtrace"), "{}", executed.stderr());
}

#[test]
fn a_cell_that_does_not_compile_fails_the_run() {
    let executed = Notebook::new(&["6 * 7", "let n: i32 = \"seven\";"]).run();
    executed.assert_failed("mismatched types");
}

#[test]
fn cells_can_write_to_stderr_await_and_recover() {
    let executed = Notebook::new(&[
        "eprintln!(\"Error: thread 'main' panicked at src/lib.rs:1:1\");",
        "std::thread::spawn(|| panic!(\"on another thread\")).join().is_err()",
        "let n: i32 = \"x\".parse().unwrap_or(41);\nn",
        "let later = async { 1 }.await;\nn + later",
    ])
    .run();
    assert!(executed.output.status.success(), "{}{}", executed.stdout(), executed.stderr());
    assert_eq!(executed.result(1, "text/plain"), "true");
    assert_eq!(executed.result(3, "text/plain"), "42");
}

#[test]
fn a_cell_that_takes_too_long_fails_the_run() {
    let notebook = Notebook::new(&["std::thread::sleep(std::time::Duration::from_secs(3600));"]);
    let output = notebook.command().args(["--timeout", "20"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("took longer than 20 s"));
}

#[test]
fn parameters_are_set_after_the_cell_that_has_them() {
    let notebook =
        Notebook::tagged(&["let city = \"Dakar\";\nlet year = 2019;", "(city, year)"], &["parameters"]);
    let mut command = notebook.command();
    let output = command.args(["--set", "year=2020", "--set", "city=Saint-\"Louis\""]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let executed = notebook.executed(output);
    assert_eq!(executed.cells[1]["metadata"]["tags"][0], "injected-parameters");
    assert_eq!(executed.result(2, "text/plain"), r#"("Saint-\"Louis\"", 2020)"#);
}

#[test]
fn the_last_state_of_a_display_is_saved() {
    let executed = Notebook::new(&[
        "use std::sync::mpsc;\nlet (go, gone) = mpsc::channel::<()>();\nlet live = display_live(\"0 of 2\");\n\
         println!(\"text\");\nlive.update(\"1 of 2\");\n\
         let thread = std::thread::spawn(move || { gone.recv().unwrap(); live.update(\"2 of 2\"); });",
        "go.send(()).unwrap();\nthread.join().unwrap();",
    ])
    .run();
    assert!(executed.output.status.success(), "{}", executed.stderr());
    let outputs = executed.cells[0]["outputs"].as_array().unwrap();
    let kinds: Vec<_> = outputs.iter().map(|output| output["output_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["display_data", "stream"]);
    assert_eq!(outputs[0]["data"]["text/plain"], serde_json::json!(["2 of 2"]));
}

#[test]
fn concurrent_kernels_have_separate_values() {
    let runs = [1, 2].map(|who| {
        thread::spawn(move || {
            let first = format!("let mine = {who};\nmine");
            let cells: Vec<_> = [first.as_str()].into_iter().chain(["mine * 10"; 6]).collect();
            (who, Notebook::new(&cells).run())
        })
    });
    for run in runs {
        let (who, executed) = run.join().unwrap();
        assert!(executed.output.status.success(), "{}", executed.stderr());
        assert_eq!(executed.result(0, "text/plain"), who.to_string());
        for cell in 1..7 {
            assert_eq!(executed.result(cell, "text/plain"), (who * 10).to_string());
        }
    }
}
