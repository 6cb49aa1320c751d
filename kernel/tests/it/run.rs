//! Runs notebooks with `up42 run`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Notebook in its own folder.
pub struct Notebook {
    folder: TempDir,
}

/// Outcome of a run, with the notebook that it wrote.
pub struct Executed {
    pub output: Output,
    pub cells: Vec<Value>,
    pub html: String,
    pub ipynb: String,
}

impl Notebook {
    pub fn new(cells: &[&str]) -> Self {
        Self::tagged(cells, &[])
    }

    /// Returns a notebook whose first cells have these tags.
    pub fn tagged(cells: &[&str], tags: &[&str]) -> Self {
        let tags = tags.iter().map(|tag| json!({ "tags": [tag] }));
        let cells: Vec<_> = cells
            .iter()
            .zip(tags.chain(std::iter::repeat(json!({}))))
            .map(|(source, metadata)| {
                json!({
                    "cell_type": "code", "execution_count": null, "metadata": metadata,
                    "outputs": [], "source": source,
                })
            })
            .collect();
        let notebook = json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4 });
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("test.ipynb"), notebook.to_string()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the command `up42 run`, which writes its outputs beside the notebook.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_up42"));
        command
            .arg("run")
            .arg(self.path("test.ipynb"))
            .arg("--out")
            .arg(self.path("out.ipynb"))
            .arg("--html")
            .arg(self.path("page.html"));
        command
    }

    pub fn run(&self) -> Executed {
        self.executed(self.command().output().unwrap())
    }

    /// Reads the files that a run has written.
    pub fn executed(&self, output: Output) -> Executed {
        let read = |name| {
            fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}\n{output:?}"))
        };
        let ipynb = read("out.ipynb");
        let notebook: Value = serde_json::from_str(&ipynb).unwrap();
        Executed {
            cells: notebook["cells"].as_array().unwrap().clone(),
            html: read("page.html"),
            ipynb,
            output,
        }
    }
}

impl Executed {
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Returns the representation of a cell's value with this MIME type.
    pub fn result(&self, cell: usize, mime: &str) -> String {
        let outputs = self.cells[cell]["outputs"].as_array().unwrap();
        let results: Vec<_> =
            outputs.iter().filter(|output| output["output_type"] == "execute_result").collect();
        assert_eq!(results.len(), 1, "cell {cell}: {outputs:?}\n{}", self.stderr());
        text(&results[0]["data"][mime])
    }

    /// Returns the text that a cell wrote to one of its streams.
    pub fn stream(&self, cell: usize, name: &str) -> String {
        let outputs = self.cells[cell]["outputs"].as_array().unwrap();
        outputs.iter().filter(|output| output["name"] == name).map(|output| text(&output["text"])).collect()
    }

    /// Asserts that a failing cell failed the command, which shows the reason, and that the cell
    /// before it kept its value `42`.
    pub fn assert_failed(&self, why: &str) {
        assert_eq!(self.output.status.code(), Some(1), "{}{}", self.stdout(), self.stderr());
        assert!(self.stderr().contains(why), "{}", self.stderr());
        assert_eq!(self.result(0, "text/plain"), "42");
        assert!(self.html.contains("42") && self.html.contains("</html>"));
    }
}

/// Joins a text, which may be split into lines in a notebook.
fn text(value: &Value) -> String {
    match value {
        Value::Array(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect(),
        value => value.as_str().unwrap().to_owned(),
    }
}
