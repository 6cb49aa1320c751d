//! Tables of a project's lists: `project.blocks()?.show()`.

use std::ops::RangeBounds;

use serde_json::Value;

use super::{Block, JobParameters, Task, Workflow};
use up42_view::elements::{Cell, Column, Table, counted};
use up42_view::show::TableRow;

impl TableRow for Block {
    fn table(blocks: &[Self], rows: impl RangeBounds<usize>) -> Table {
        let columns = ["Block", "Display name", "Kind", "Version", "Id"].map(Column::new);
        let row = |block: &Block| {
            let kind = if block.is_data { "data" } else { "processing" };
            [
                Cell::id(&block.name),
                block.display_name.clone().into(),
                Cell::text(kind),
                block.version.clone().into(),
                Cell::id(&block.id),
            ]
        };
        Table::new(counted(blocks.len(), "block"), columns).list(blocks, rows, "blocks", row)
    }
}

impl TableRow for Task {
    fn table(tasks: &[Self], rows: impl RangeBounds<usize>) -> Table {
        let columns =
            [Column::new("Task"), Column::new("Block"), Column::new("Version"), Column::new("Parameters")];
        let row = |task: &Task| {
            let parameter = |(name, schema): (&String, &Value)| match schema.get("default") {
                Some(value) if !value.is_null() => format!("{name} = {value}"),
                _ => name.clone(),
            };
            let parameters: Vec<_> = task.parameters.iter().map(parameter).collect();
            [
                Cell::id(&task.name),
                Cell::text(&task.block),
                task.version.clone().into(),
                Cell::text(parameters.join(", ")),
            ]
        };
        Table::new(counted(tasks.len(), "task"), columns).list(tasks, rows, "tasks", row)
    }
}

impl TableRow for Workflow {
    fn table(workflows: &[Self], rows: impl RangeBounds<usize>) -> Table {
        let columns = [Column::new("Workflow"), Column::new("Id")];
        let row = |workflow: &Workflow| [Cell::text(workflow.name()), Cell::id(workflow.id())];
        Table::new(counted(workflows.len(), "workflow"), columns).list(workflows, rows, "workflows", row)
    }
}

impl TableRow for JobParameters {
    fn table(list: &[Self], rows: impl RangeBounds<usize>) -> Table {
        Table::new(format!("Parameters of {}", counted(list.len(), "job")), JobParameters::columns()).list(
            list,
            rows,
            "parameters",
            JobParameters::row,
        )
    }
}

impl JobParameters {
    pub(crate) fn columns() -> [Column; 2] {
        [Column::new("Job"), Column::new("Parameters")]
    }

    /// Cells for the label and the parameters of the tasks or the process; geometries by type only.
    pub(crate) fn row(&self) -> [Cell; 2] {
        // Task names contain a colon (`block:1`); a process has no tasks.
        let has_tasks = self.inputs.keys().all(|name| name.contains(':'));
        let of_tasks = self.inputs.values().filter_map(Value::as_object).filter(|_| has_tasks);
        let all: Vec<_> = of_tasks.chain((!has_tasks).then_some(&self.inputs)).flatten().collect();
        let inputs = || all.iter().copied();
        // Parameters that differ from job to job come before the defaults.
        let is_its_own = |name: &str| ["time", "ids", "bbox", "intersects", "contains"].contains(&name);
        let own = inputs().filter(|(name, _)| is_its_own(name));
        let shown = own.chain(inputs().filter(|(name, _)| !is_its_own(name)));
        let shown: Vec<_> = shown.map(|(name, value)| format!("{name} {}", short(value))).collect();
        [Cell::text(&self.label), Cell::text(shown.join(", "))]
    }
}

fn short(value: &Value) -> String {
    match value.get("type").and_then(Value::as_str) {
        Some(shape) => shape.to_owned(),
        None if value.is_object() => "{…}".to_owned(),
        None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    use up42_view::elements::ROWS;

    #[test]
    fn blocks_and_tasks_are_shown_as_tables() {
        let block = |name: &str, is_data: bool| {
            let (kind, title) = if is_data { ("DATA", Some("Sentinel-2")) } else { ("PROCESSING", None) };
            let json = json!({"id": format!("id of {name}"), "name": name, "displayName": title, "type": kind,
                "version": "2.6.0"});
            Block::read(&json).unwrap()
        };
        let list = [block("sobloo-s2", true), block("tiling", false)];
        insta::assert_snapshot!(Block::table(&list, ..ROWS).bundle().text, @r"
        2 blocks
        Block      Display name  Kind        Version  Id
        ─────────  ────────────  ──────────  ───────  ───────────────
        sobloo-s2  Sentinel-2    data        2.6.0    id of sobloo-s2
        tiling     –             processing  2.6.0    id of tiling
        ");
        let schemas = json!({"ids": {"default": null}, "tile_width": {"default": 768}});
        let task = Task {
            name: "tiling:1".into(),
            block: "tiling".into(),
            block_id: "b".into(),
            version: Some("2.2.3".into()),
            parameters: schemas.as_object().unwrap().clone(),
        };
        insta::assert_snapshot!(Task::table(&[task], ..ROWS).bundle().text, @r"
        1 task
        Task      Block   Version  Parameters
        ────────  ──────  ───────  ─────────────────────
        tiling:1  tiling  2.2.3    ids, tile_width = 768
        ");
        let inputs = json!({"a:1": {"time": "2019/..", "intersects": {"type": "Polygon", "coordinates": []}}, "b:1": {"x": 7}});
        let job = JobParameters { label: "Dakar".into(), inputs: inputs.as_object().unwrap().clone() };
        insta::assert_snapshot!(JobParameters::table(&[job], ..ROWS).bundle().text, @r#"
        Parameters of 1 job
        Job    Parameters
        ─────  ─────────────────────────────────────
        Dakar  time 2019/.., intersects Polygon, x 7
        "#);
    }
}
