//! Tests of projects, workflows, blocks and manifests.

use up42::jobs::{Project, Settings};
use up42::serde_json::json;
use up42::simulator::Simulator;
use up42::{Client, ErrorKind};

use crate::server::{Server, json as answer_json};

const S2: &str = "sobloo-s2-l1c-aoiclipped";

/// Returns the text of an error without the request that failed.
pub fn message(error: &up42::Error) -> String {
    let parts = error.to_string();
    let is_request = |part: &&str| ["GET /", "POST /", "PUT /"].iter().any(|method| part.starts_with(method));
    let parts: Vec<_> = parts.split(": ").filter(|part| !is_request(part)).collect();
    parts.join(": ").split(" (request ").next().unwrap().to_owned()
}

fn project() -> Project {
    Client::simulator().unwrap().project().unwrap()
}

#[test]
fn the_error_of_a_refused_setting_has_its_range() {
    let project = project();
    let before = project.settings().unwrap();
    assert_eq!((before.max_aoi_size(), before.max_images()), (Some(100), Some(10)));
    let error = project.update_settings(Settings::new().max_aoi_size(200).max_images(21)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        message(&error),
        "update the project's settings: `JOB_QUERY_LIMIT_PARAMETER_MAX_VALUE` must be 1 to 20, not 21: 400: Field \
         \"list[1].value\" must be in range Range[1,20], got 21"
    );
    assert_eq!(project.settings().unwrap(), before, "all of them, or none");
}

#[test]
fn workflows_and_jobs_are_opened_by_id() {
    let client = Client::simulator().unwrap();
    let project = client.project_by_id(Simulator::PROJECT_ID).unwrap();
    let workflow = project.create_workflow("ports", "All of them").unwrap();
    let found = project.workflow_by_id(workflow.id()).unwrap();
    assert_eq!((found.name(), found.description()), ("ports", Some("All of them")));
    let message = |error: up42::Error| (error.kind(), message(&error));
    let (kind, text) = message(project.workflow_by_id("31e82142-0000").unwrap_err());
    assert!(kind == ErrorKind::NotFound && text.starts_with("workflow `31e82142-0000`: 404: "), "{text}");
    let (kind, text) = message(project.job("31e82142-0000").unwrap_err());
    assert!(kind == ErrorKind::NotFound && text.starts_with("job `31e82142-0000`: 404: "), "{text}");
    let (kind, text) = message(client.project_by_id("31e82142-0000").unwrap_err());
    assert!(kind == ErrorKind::NotFound && text.starts_with("project `31e82142-0000`: 404: "), "{text}");
    for odd in ["../settings", "a/b", ""] {
        let (kind, text) = message(project.workflow_by_id(odd).unwrap_err());
        assert!(kind == ErrorKind::InvalidInput && text.contains("is not a valid workflow id"), "{text}");
        assert_eq!(project.job(odd).unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(client.project_by_id(odd).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn a_workflow_is_renamed_described_and_deleted() {
    let project = project();
    let workflow = project.create_workflow("ports", "All of them").unwrap();
    let renamed = workflow.rename("harbours").unwrap();
    assert_eq!((renamed.name(), renamed.description()), ("harbours", Some("All of them")));
    // The first handle still has the old name, and does not restore it.
    let described = workflow.describe("Some of them").unwrap();
    assert_eq!((described.name(), described.description()), ("harbours", Some("Some of them")));
    let error = workflow.rename("").unwrap_err();
    assert!(error.to_string().contains("Field \"name\" must not be empty"), "{error}");
    let again = project.create_workflow("harbours", "").unwrap();
    assert_ne!(again.id(), workflow.id(), "two workflows may have one name");
    again.delete().unwrap();
    workflow.delete().unwrap();
    workflow.delete().unwrap();
    assert!(project.workflows().unwrap().is_empty());
    assert_eq!(workflow.tasks().unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn tasks_are_added_by_name_id_display_name_and_version() {
    let project = project();
    let workflow = project.workflow("chain").unwrap();
    let old = project.block("tiling@1.2.1").unwrap();
    let tasks = workflow.add_tasks([S2, "raster tiling", &old.id, "tiling@1.2.1"]).unwrap();
    let versions: Vec<_> =
        tasks.iter().map(|task| (task.name.as_str(), task.version.as_deref().unwrap())).collect();
    assert_eq!(
        versions,
        [
            ("sobloo-s2-l1c-aoiclipped:1", "2.6.0"),
            ("tiling:1", "1.3.0"),
            ("tiling:2", "1.2.1"),
            ("tiling:3", "1.2.1")
        ]
    );
    let error = workflow.add_tasks([S2, "tiling@9"]).unwrap_err().to_string();
    assert_eq!(error, "workflow `chain`: add tasks: block `tiling` has no version `9`, but `1.3.0`, `1.2.1`");
    let error = workflow.add_tasks(["tiling"]).unwrap_err().to_string();
    assert!(
        error.contains("`tiling` works on the data of another block: begin with a data block, such as `"),
        "{error}"
    );
    assert_eq!(workflow.tasks().unwrap(), tasks, "what is refused changes nothing");
}

#[test]
fn incompatible_blocks_are_an_error() {
    let project = project();
    let workflow = project.workflow("chain").unwrap();
    let error = workflow.add_tasks(["sobloo-s2-l1c-fullscene", "tiling"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        message(&error),
        "workflow `chain`: add tasks: two of the blocks do not fit together: `compatible_blocks` lists those that do: 422: \
         Workflow cannot be saved because it contains errors.: `tiling:1`"
    );
    workflow.add_tasks(["sobloo-s2-l1c-fullscene"]).unwrap();
    assert!(workflow.compatible_blocks().unwrap().is_empty());
    workflow.add_tasks([S2, "sharpening", "ndvi"]).unwrap();
    let fit = |blocks: Vec<up42::jobs::Block>| blocks.iter().any(|block| block.name == "zonal-statistics");
    assert!(fit(workflow.compatible_blocks().unwrap()));
    assert!(!fit(workflow.compatible_blocks_after("sharpening:1").unwrap()), "nothing follows a table");
    let error = workflow.compatible_blocks_after("tiling:1").unwrap_err().to_string();
    assert_eq!(
        error,
        "workflow `chain`: compatible blocks: it has no task `tiling:1`, but `sobloo-s2-l1c-aoiclipped:1`, \
         `sharpening:1`, `ndvi:1`"
    );
}

#[test]
fn a_block_is_read_with_its_parameters() {
    let project = project();
    let block = project.block("Sentinel-2 Level-1C (GeoTIFF)").unwrap();
    assert!(block.is_data && block.name == S2 && block.version.as_deref() == Some("2.6.0"));
    let limit = block.parameters_info().iter().find(|one| one.name == "limit").unwrap().clone();
    assert_eq!((limit.default, limit.range), (Some(json!(1)), (Some(1.0), None)));
    let workflow = project.workflow("chain").unwrap();
    workflow.add_tasks([S2, "tiling"]).unwrap();
    let defaults = workflow.default_parameters().unwrap();
    assert_eq!(
        defaults.inputs["tiling:1"],
        json!({"tile_width": 768, "tile_height": 768, "required_bands": []})
    );
    let frame = workflow.parameters_info().unwrap().to_dataframe().unwrap();
    assert_eq!(frame.height(), 11 + 4);
}

#[test]
fn every_page_of_the_history_is_read() {
    let server = Server::start(|request| {
        let page = request.split("page=").nth(1).and_then(|rest| rest[..1].parse::<i64>().ok());
        match page {
            Some(page) => answer_json(json!({"data": {"totalPages": 3, "content": [
                {"type": "MANUAL", "createdAt": format!("2020-01-0{}T00:00:00Z", 3 - page), "delta": page + 1},
            ]}})),
            None => answer_json(json!({"access_token": "t", "expires_in": 300})),
        }
    });
    let client = server.client().build().unwrap();
    let history = client.credit_history().unwrap();
    assert_eq!((history.len(), history.sum()), (3, 6));
    let some = client.credit_history_between("2020-01-02", "..").unwrap();
    assert_eq!(some.len(), 2, "what a server lets through is checked again");
}

#[test]
fn the_error_of_a_refused_manifest_has_the_problem() {
    let client = Client::simulator().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("UP42Manifest.json");
    std::fs::write(&path, r#"{"name": "ships", "display_name": "Ships", "type": "sail"}"#).unwrap();
    let error = client.validate_manifest(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        message(&error),
        format!(
            "manifest `{}`: 400: validateBlockSchema.block: Invalid JSON for 'BLOCK' schema version '1': sail is not a \
             valid enum value",
            path.display()
        )
    );
    std::fs::write(&path, r#"{"name": "ships", "display_name": "Ships", "type": "processing"}"#).unwrap();
    assert_eq!(client.validate_manifest(&path).unwrap().name(), Some("ships"));
    assert_eq!(client.validate_manifest("no/such.json").unwrap_err().kind(), ErrorKind::Io);
}
