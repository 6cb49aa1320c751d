"""The flows of up42-py 0.34.1, the last version that runs workflows."""

import json
import logging
import os
import pathlib
import time

import classic
import up42
from classic import AREA, MANIFEST, PROJECT, folder, wait
from steps import raises, report, step

# Only the pauses are shortened: the simulator's clock runs fast.
up42.job.sleep = lambda seconds: time.sleep(seconds / 100)
up42.order.sleep = time.sleep
logging.disable()

classic.login_steps()
classic.block_steps()
with step("a manifest is valid"):
    assert up42.validate_manifest(MANIFEST) == {"valid": True, "errors": []}
with step("an unknown capability of a manifest is refused"):
    unknown = {"invalidtype": {"up42_standard": {"format": "GTiff"}}}
    assert raises(Exception, lambda: up42.validate_manifest({**MANIFEST, "input_capabilities": unknown}))

project, job = up42.initialize_project(PROJECT), None
with step("settings of a project"):
    names = {setting["name"] for setting in project.get_project_settings()}
    assert "MAX_CONCURRENT_JOBS" in names and project.max_concurrent_jobs == 10
with step("settings are changed"):
    project.update_project_settings(max_aoi_size=500, max_concurrent_jobs=4, number_of_images=20)
    assert project.max_concurrent_jobs == 4
with step("a workflow is created"):
    workflow = project.create_workflow(name="s2", description="tiled")
    assert workflow.info["name"] == "s2"
with step("a workflow is used again"):
    again = project.create_workflow(name="s2", description="tiled", use_existing=True)
    assert again.workflow_id == workflow.workflow_id
with step("compatible blocks of an empty workflow"):
    assert "sobloo-s2-l1c-aoiclipped" in workflow.get_compatible_blocks()
with step("tasks by names"):
    workflow.add_workflow_tasks(["sobloo-s2-l1c-aoiclipped", "tiling"])
    assert list(workflow.workflow_tasks) == ["sobloo-s2-l1c-aoiclipped:1", "tiling:1"]
with step("tasks by display names and ids"):
    tiling = up42.get_blocks()["tiling"]
    workflow.add_workflow_tasks(["Sentinel-2 Level-1C (GeoTIFF)", tiling])
    assert [task["block"]["name"] for task in workflow.get_workflow_tasks()] == ["sobloo-s2-l1c-aoiclipped", "tiling"]
with step("compatible blocks"):
    assert "ndvi" in workflow.get_compatible_blocks()
with step("parameters of a workflow"):
    assert "tile_width" in workflow.get_parameters_info()["tiling:1"]
with step("parameters of a job"):
    parameters = workflow.construct_parameters(
        geometry=AREA, geometry_operation="bbox", start_date="2020-01-01", end_date="2020-12-31", limit=2
    )
with step("the price of a job"):
    estimate = workflow.estimate_job(parameters)
    assert estimate["sobloo-s2-l1c-aoiclipped:1"]["blockConsumption"]["credit"]["max"] > 0
with step("a test job finds scenes and costs nothing"):
    before = up42.get_credits_balance()
    test = workflow.test_job(parameters, track_status=True)
    features = test.get_results_json()["features"]
    assert test.info["mode"] == "DRY_RUN" and len(features) == 2
    assert all(one["geometry"]["type"] == "Polygon" and "cloudCoverage" in one["properties"] for one in features)
    assert len(test.get_results_json(as_dataframe=True)) == 2
    assert up42.get_credits_balance() == before
with step("quicklooks of a test job"):
    assert len(test.download_quicklooks(output_directory=folder / "test")) == 2
with step("a job runs"):
    job = workflow.run_job(parameters, name="named")
    assert job.track_status(report_time=20) == "SUCCEEDED"
with step("a job has the inputs that were sent"):
    assert job.info["inputs"] == parameters and job.info["name"] == "named_py"
classic.result_steps(job, 2)
with step("a job is cancelled"):
    running = workflow.run_job(parameters)
    running.cancel_job()
    wait(lambda: running.status == "CANCELLED")
    assert raises(ValueError, running.track_status)
with step("a failed job is told with its logs"):
    failing = workflow.run_job({**parameters, "sobloo-s2-l1c-aoiclipped:1": {"bbox": [-20, 10, -10, 20], "limit": 1}})
    assert raises(ValueError, failing.track_status)
with step("parameters of many jobs"):
    boxes = [{"type": "Polygon", "coordinates": [[[x, 14.70], [x + 0.02, 14.70], [x + 0.02, 14.72], [x, 14.72], [x, 14.70]]]} for x in (-17.48, -17.46)]
    many = workflow.construct_parameters_parallel(
        geometries=boxes,
        interval_dates=[("2019-01-01", "2019-12-31"), ("2020-01-01", "2020-12-31")],
        limit_per_job=2,
    )
    assert len(many) == 4
with step("test jobs in parallel"):
    tests = workflow.test_jobs_parallel(many, max_concurrent_jobs=4)
    assert set(tests.status.values()) == {"SUCCEEDED"}
    assert all(job.get_results_json()["features"] for job in tests)
with step("more jobs than the project allows are refused"):
    assert raises(ValueError, lambda: workflow.run_jobs_parallel(many, max_concurrent_jobs=100))
with step("jobs in parallel"):
    jobs = workflow.run_jobs_parallel(many, name="many", max_concurrent_jobs=4)
    assert set(jobs.status.values()) == {"SUCCEEDED"} and len(jobs.info) == 4
    assert [job.info["inputs"] for job in jobs] == json.loads(json.dumps(many))
with step("results of many jobs are merged"):
    paths = jobs.download_results(output_directory=folder / "many", merge=True)
    merged = pathlib.Path(paths["merged_result"][0]).read_text()
    assert all(job.job_id in merged for job in jobs) and len(paths) == 5
with step("a collection of jobs by their ids"):
    assert len(up42.initialize_jobcollection(jobs.jobs_id, project_id=PROJECT).jobs) == 4
with step("jobs by scenes"):
    scenes = [feature["properties"]["id"] for feature in features]
    chosen = workflow.construct_parameters_parallel(scene_ids=scenes)
    assert set(workflow.test_jobs_parallel(chosen, max_concurrent_jobs=2).status.values()) == {"SUCCEEDED"}
with step("jobs of a project"):
    listed = project.get_jobs(return_json=True, sortby="createdAt", descending=True)
    times = [job["createdAt"] for job in listed]
    assert times == sorted(times, reverse=True) and {"DRY_RUN", "DEFAULT"} == {job["mode"] for job in listed}
    assert all(job["mode"] == "DEFAULT" for job in project.get_jobs(return_json=True, test_jobs=False))
with step("jobs of a workflow"):
    assert len(workflow.get_jobs(return_json=True)) == len(listed)
with step("workflows of a project"):
    assert workflow.workflow_id in [one.workflow_id for one in project.get_workflows()]
with step("a workflow is renamed"):
    workflow.update_name(name="other", description="d")
    assert workflow.info["name"] == "other"
with step("a workflow is deleted"):
    project.create_workflow(name="short").delete()
    assert "short" not in [one["name"] for one in project.get_workflows(return_json=True)]
with step("a project logs in again"):
    up42.authenticate(project_id=PROJECT, project_api_key=os.environ["UP42_PROJECT_API_KEY"])
    assert up42.initialize_project(PROJECT).info["id"] == PROJECT
    up42.authenticate(username=os.environ["UP42_USERNAME"], password=os.environ["UP42_PASSWORD"])

catalog, found = classic.catalog_steps()
order, asset = classic.order_steps(catalog, found)
classic.storage_steps(order, asset)
classic.tasking_steps()
classic.webhook_steps()
report()
