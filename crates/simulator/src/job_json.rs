//! JSON of jobs (`docs/up42-api.md`, 4).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::auth::WORKSPACE_ID;
use super::job::{Job, JobTask};
use super::store::stamp;
use super::{LedgerEntry, PROJECT_ID};

impl Job {
    pub(super) fn json(&self, now: Timestamp) -> Value {
        let end = self.finished_at(now);
        let updated = [end, self.started_at(now), Some(self.updated)].into_iter().flatten().max();
        json!({
            "id": self.id,
            "displayId": &self.id[..8],
            "createdAt": stamp(self.created),
            "updatedAt": updated.map(stamp),
            "createdBy": {"id": WORKSPACE_ID, "type": "USER"},
            "updatedBy": {"id": WORKSPACE_ID, "type": "INTERNAL"},
            "status": self.status(now),
            "name": self.name,
            "startedAt": self.started_at(now).map(seconds),
            "finishedAt": end.map(seconds),
            "inputs": self.inputs,
            "mode": self.mode(),
            "workflowId": self.workflow_id,
            "workflowName": self.workflow_name,
        })
    }

    pub(super) fn tasks_json(&self, now: Timestamp) -> Vec<Value> {
        let task = |(place, task): (usize, &JobTask)| {
            let run = self.run(place);
            let started = run.as_ref().map(|run| run.start).filter(|start| *start <= now);
            let finished = run.as_ref().map(|run| run.end).filter(|end| *end <= now);
            let parents = place.checked_sub(1).map(|parent| &self.tasks[parent].id);
            json!({
                "id": task.id,
                "displayId": &task.id[..8],
                "createdAt": stamp(self.created),
                "updatedAt": stamp(finished.or(started).unwrap_or(self.created)),
                "name": task.name,
                "status": self.task_status(place, now),
                "parentsIds": parents.into_iter().collect::<Vec<_>>(),
                "startedAt": started.map(seconds),
                "finishedAt": finished.map(seconds),
                "block": self.block_json(task),
                "blockVersion": task.block.version,
            })
        };
        self.tasks.iter().enumerate().map(task).collect()
    }

    /// Returns the credits of a job (4.10).
    pub(super) fn credits_json(&self, now: Timestamp) -> Value {
        json!({
            "projectId": PROJECT_ID,
            "projectDisplayId": &PROJECT_ID[..8],
            "jobId": self.id,
            "jobDisplayId": &self.id[..8],
            "creditsUsed": self.credits_used(),
            "tasks": (0..self.tasks.len()).map(|place| self.task_credits_json(place, now)).collect::<Vec<_>>(),
        })
    }

    fn task_credits_json(&self, place: usize, now: Timestamp) -> Value {
        let task = &self.tasks[place];
        let run = self.run(place).filter(|run| run.end <= now);
        let ended = run.as_ref().map(|run| stamp(run.end));
        let milliseconds = run.map(|run| run.end.duration_since(run.start).as_millis());
        let (block, machine) = if task.paid { task.credits } else { (0, 0) };
        let details = |credits: i64, kind: &str, consumption: Value| {
            json!({
                "userId": WORKSPACE_ID,
                "workspaceId": WORKSPACE_ID,
                "accountId": WORKSPACE_ID,
                "creditsUsed": credits,
                "createdAt": ended,
                "jobRun": {
                    "projectId": PROJECT_ID,
                    "workflowId": self.workflow_id,
                    "workflowName": self.workflow_name,
                    "blockId": task.block.id(),
                    "blockName": task.block.name,
                    "blockVersion": task.block.version,
                    "blockDisplayName": task.block.title,
                    "jobId": self.id,
                    "jobName": self.name,
                    "jobTaskId": task.id,
                },
                kind: consumption,
            })
        };
        let duration = json!({"min": milliseconds, "max": milliseconds});
        let used = json!({"duration": duration, "credit": {"min": machine, "max": machine}});
        let scenes = json!({"quantity": self.scenes.len(), "unit": "SCENES"});
        json!({
            "id": task.id,
            "displayId": &task.id[..8],
            "creditsUsed": block + machine,
            "machineConsumption": details(machine, "machineConsumption", used),
            "blockConsumption": details(block, "blockConsumption", scenes),
        })
    }

    fn block_json(&self, task: &JobTask) -> Value {
        json!({
            "id": task.block.id(),
            "name": task.block.name,
            "type": if task.block.is_data() { "DATA" } else { "PROCESSING" },
            "version": task.block.version,
            "displayName": null,
            "description": null,
            "containerUrl": null,
            "inputCapabilities": null,
            "outputCapabilities": null,
            "provider": null,
            "tags": null,
            "parameters": null,
            "isDryRunSupported": null,
            "metadata": null,
            "machineName": null,
        })
    }

    pub(super) fn ledger_entry(&self, now: Timestamp) -> LedgerEntry {
        LedgerEntry {
            id: self.id.clone(),
            name: self.name.clone(),
            inputs: Value::Object(self.inputs.clone()),
            mode: self.mode().to_string(),
            status: self.status(now).to_string(),
            credits: self.credits_used(),
            foreign: self.foreign,
        }
    }
}

fn seconds(time: Timestamp) -> String {
    format!("{time:.0}")
}
