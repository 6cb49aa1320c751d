//! Workflows and their tasks (`docs/up42-api.md`, 3).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::PROJECT_ID;
use super::auth::WORKSPACE_ID;
use super::blocks::{self, Block, NamedBlock};
use super::platform::Platform;
use super::reply::{Answer, Reply};
use super::request::Request;
use super::routes::{Route, delete, get, post, put};
use super::store::{Store, stamp};

/// Chain of tasks that begins with a data task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Workflow {
    pub id: String,
    pub name: String,
    description: String,
    created: Timestamp,
    updated: Timestamp,
    pub tasks: Vec<Task>,
}

/// Block in a workflow.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    id: String,
    pub name: String,
    parent: Option<String>,
    #[serde(with = "crate::blocks::as_id")]
    pub block: &'static Block,
    created: Timestamp,
}

const LONGEST_NAME: usize = 100;

/// Returns the endpoints of workflows, and those that create and rename jobs.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/projects/{project}/workflows", |platform, _, [_]| {
            Ok(Reply::data(platform.store().workflows.iter().map(Workflow::json).collect::<Vec<_>>()))
        }),
        post("/projects/{project}/workflows", |platform, request, [_]| platform.create_workflow(request)),
        get("/projects/{project}/workflows/{id}", |platform, _, [_, id]| {
            platform.with_workflow(id, |workflow| Ok(Reply::data(workflow.json())))
        }),
        put("/projects/{project}/workflows/{id}", |platform, request, [_, id]| {
            platform.rename_workflow(request, id)
        }),
        delete("/projects/{project}/workflows/{id}", |platform, _, [_, id]| platform.delete_workflow(id)),
        get("/projects/{project}/workflows/{id}/tasks", |platform, _, [_, id]| {
            platform.with_workflow(id, |workflow| Ok(Reply::data(workflow.tasks_json())))
        }),
        post("/projects/{project}/workflows/{id}/tasks", |platform, request, [_, id]| {
            platform.set_tasks(request, id)
        }),
        get("/projects/{project}/workflows/{id}/compatible-blocks", |platform, request, [_, id]| {
            let names = (request.query("parentTaskName"), request.query("childTaskName"));
            platform.with_workflow(id, |workflow| compatible_blocks(workflow, names))
        }),
        get("/projects/{project}/workflows/{id}/credits", |platform, _, [_, id]| {
            platform.workflow_credits(id)
        }),
        post("/projects/{project}/workflows/{id}/jobs", |platform, request, [_, id]| {
            platform.create_job(request, id)
        }),
        post("/projects/{project}/workflows/{id}/jobs/{job}", |platform, request, [_, id, job]| {
            platform.rerun_job(request, id, job)
        }),
        put("/projects/{project}/workflows/{id}/jobs/{job}", |platform, request, [_, id, job]| {
            platform.rename_job(request, id, job)
        }),
    ]
}

impl Platform {
    fn with_workflow(&self, id: &str, answer: impl FnOnce(&mut Workflow) -> Answer) -> Answer {
        let mut store = self.store();
        answer(workflow(&mut store, id)?)
    }

    /// Handles the creation of a workflow (3.2).
    fn create_workflow(&self, request: &Request) -> Answer {
        let body = request.json()?;
        let name = name_in(&body)?;
        let now = self.clock.now();
        let mut store = self.store();
        let workflow = Workflow {
            id: store.new_id(),
            name,
            description: body["description"].as_str().unwrap_or_default().to_string(),
            created: now,
            updated: now,
            tasks: Vec::new(),
        };
        let reply = Reply::data(workflow.json());
        store.workflows.push(workflow);
        Ok(reply)
    }

    /// Handles a change of a workflow's name and description (3.4).
    fn rename_workflow(&self, request: &Request, id: &str) -> Answer {
        let body = request.json()?;
        let now = self.clock.now();
        self.with_workflow(id, |workflow| {
            workflow.name = name_in(&body)?;
            if let Some(description) = body["description"].as_str() {
                workflow.description = description.to_string();
            }
            workflow.updated = now;
            Ok(Reply::data(workflow.json()))
        })
    }

    /// Handles the deletion of a workflow (3.5).
    fn delete_workflow(&self, id: &str) -> Answer {
        let mut store = self.store();
        workflow(&mut store, id)?;
        store.workflows.retain(|workflow| workflow.id != id);
        Ok(Reply::empty(204))
    }

    /// Handles a replacement of all tasks (3.7).
    fn set_tasks(&self, request: &Request, id: &str) -> Answer {
        let body = request.json()?;
        let list =
            body.as_array().ok_or_else(|| Reply::refused(400, 400, "the body must be a list of tasks"))?;
        let now = self.clock.now();
        let mut store = self.store();
        workflow(&mut store, id)?;
        let mut tasks = Vec::new();
        for entry in list {
            let block_id = entry["blockId"].as_str().unwrap_or_default();
            tasks.push(Task {
                id: store.new_id(),
                name: name_in(entry)?,
                parent: entry["parentName"].as_str().map(String::from),
                block: blocks::by_id(block_id).ok_or_else(|| blocks::unknown(block_id))?,
                created: now,
            });
        }
        check_chain(&tasks)?;
        let workflow = workflow(&mut store, id)?;
        workflow.tasks = tasks;
        workflow.updated = now;
        Ok(Reply::data(workflow.tasks_json()))
    }

    /// Handles a request for the credits that a workflow has spent (3.9).
    fn workflow_credits(&self, id: &str) -> Answer {
        let mut store = self.store();
        workflow(&mut store, id)?;
        let jobs = store.jobs.iter().filter(|job| job.workflow_id == id);
        let spent: i64 = jobs.map(|job| job.credits_used()).sum();
        Ok(Reply::data(json!({"creditsSpent": spent})))
    }
}

pub(super) fn workflow<'a>(store: &'a mut Store, id: &str) -> Result<&'a mut Workflow, Reply> {
    store.workflows.iter_mut().find(|workflow| workflow.id == id).ok_or_else(|| {
        let message =
            format!("Workflow not found for id {id} and projectId {PROJECT_ID} and userId {WORKSPACE_ID}");
        Reply::refused(404, 404, message)
    })
}

fn name_in(body: &Value) -> Result<String, Reply> {
    let name = body["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(Reply::refused(400, 400, "Field \"name\" must not be empty"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Reply::refused(
            400,
            400,
            format!("Field \"name\" must have at most {LONGEST_NAME} characters"),
        ));
    }
    Ok(name.to_string())
}

/// Fails unless each task follows the one before it and accepts its output, and the first task
/// alone is a data task.
fn check_chain(tasks: &[Task]) -> Result<(), Reply> {
    let before = |place: usize| place.checked_sub(1).and_then(|before| tasks.get(before));
    let is_odd = |place: usize, task: &Task| {
        let unique = tasks[..place].iter().all(|earlier| earlier.name != task.name);
        task.parent.as_ref() != before(place).map(|task| &task.name) || !unique
    };
    let fits = |place: usize, task: &Task| match before(place) {
        Some(parent) => task.block.follows(parent.block),
        None => task.block.is_data(),
    };
    let named = |is: &dyn Fn(usize, &Task) -> bool| -> Vec<&String> {
        let found = tasks.iter().enumerate().filter(|&(place, task)| is(place, task));
        found.map(|(_, task)| &task.name).collect()
    };
    let invalid = named(&|place, task| is_odd(place, task) || !fits(place, task));
    if invalid.is_empty() {
        return Ok(());
    }
    let error = json!({
        "code": 422,
        "message": "Workflow cannot be saved because it contains errors.",
        "details": null,
        "invalidTaskNames": invalid,
        "capabilityMismatches": named(&|place, task| !fits(place, task)),
    });
    Err(Reply::json(422, &json!({"data": null, "error": error})))
}

/// Returns the blocks that can follow a task (3.8), and precede another one if it is given.
fn compatible_blocks(workflow: &Workflow, (parent, child): (Option<&str>, Option<&str>)) -> Answer {
    let task = |name: Option<&str>| {
        let found = name.map(|name| workflow.tasks.iter().find(|task| task.name == name).ok_or(name));
        found
            .transpose()
            .map_err(|name| Reply::refused(422, 422, format!("Workflow does not contain tasks: {name}")))
    };
    let (parent, child) = (task(parent)?, task(child)?);
    let fits = |block: &&blocks::Block| {
        parent.map_or(block.is_data(), |parent| block.follows(parent.block))
            && child.is_none_or(|child| child.block.follows(block))
    };
    let blocks: Vec<Value> = blocks::all()
        .iter()
        .filter(fits)
        .map(|block| json!({"blockId": block.id(), "name": block.name, "versionTag": block.version}))
        .collect();
    Ok(Reply::data(json!({"blocks": blocks})))
}

impl Workflow {
    pub(super) fn named_blocks(&self) -> Vec<NamedBlock> {
        self.tasks.iter().map(|task| (task.name.clone(), task.block)).collect()
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "displayId": &self.id[..8],
            "name": self.name,
            "description": self.description,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "totalProcessingTime": 0,
        })
    }

    fn tasks_json(&self) -> Vec<Value> {
        let id_of = |name: &String| self.tasks.iter().find(|task| task.name == *name).map(|task| &task.id);
        let task = |task: &Task| {
            json!({
                "id": task.id,
                "displayId": &task.id[..8],
                "createdAt": stamp(task.created),
                "updatedAt": stamp(task.created),
                "name": task.name,
                "parentsIds": task.parent.iter().filter_map(id_of).collect::<Vec<_>>(),
                "blockName": task.block.name,
                "blockVersionTag": task.block.version,
                "block": task.block.json(),
                "environment": null,
            })
        };
        self.tasks.iter().map(task).collect()
    }
}
