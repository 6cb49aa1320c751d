"""The flows of up42-py 0.37.2, which lists jobs of workflows, and orders through the current
interface."""

import logging

import classic
import up42
from classic import AREA, PROJECT, wait
from steps import report, step

logging.disable()

classic.login_steps()
classic.block_steps()
project, job = up42.initialize_project(PROJECT), None
with step("settings of a project"):
    settings = {setting["name"]: setting["value"] for setting in project.get_project_settings()}
    assert settings["MAX_CONCURRENT_JOBS"] == "10"
with step("a job to look at"):
    # This version cannot create jobs: another version, or a colleague, did.
    api, auth = up42.host.endpoint, up42.main._auth
    post = lambda path, body: auth.request("POST", api(f"/projects/{PROJECT}{path}"), body)["data"]
    workflow_id = post("/workflows/", {"name": "s2", "description": ""})["id"]
    blocks, names = up42.get_blocks(), ["sobloo-s2-l1c-aoiclipped", "tiling"]
    tasks = [
        {"name": f"{name}:1", "parentName": parent, "blockId": blocks[name]}
        for name, parent in zip(names, [None, f"{names[0]}:1"])
    ]
    post(f"/workflows/{workflow_id}/tasks/", tasks)
    data = {"intersects": AREA, "time": "2020-01-01T00:00:00Z/2020-12-31T23:59:59Z", "limit": 2}
    created = post(f"/workflows/{workflow_id}/jobs?name=one", {tasks[0]["name"]: data, tasks[1]["name"]: {}})
with step("a workflow by its id"):
    workflow = up42.initialize_workflow(workflow_id, project_id=PROJECT)
    assert list(workflow.workflow_tasks) == [task["name"] for task in tasks]
    assert "tile_width" in workflow.get_parameters_info()["tiling:1"]
with step("workflows of a project"):
    assert [one.workflow_id for one in project.get_workflows()] == [workflow_id]
with step("jobs of a project"):
    assert [job["id"] for job in project.get_jobs(return_json=True)] == [created["id"]]
with step("jobs of a workflow"):
    (job,) = workflow.get_jobs()
    wait(lambda: job.is_succeeded)
classic.result_steps(job, 2)
with step("results of many jobs are merged"):
    jobs = up42.initialize_jobcollection([job.job_id], project_id=PROJECT)
    assert jobs.download_results(output_directory=classic.folder / "many")["merged_result"]

catalog, found = classic.catalog_steps()
with step("a quicklook that is not there is skipped"):
    catalog.download_quicklooks(["nothing"], collection="phr", output_directory=classic.folder / "quicklooks")
order, asset = classic.order_steps(catalog, found)
classic.storage_steps(order, asset)
classic.tasking_steps()
classic.webhook_steps()
report()
