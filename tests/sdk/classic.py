"""Steps common to the versions of up42-py before 1.0: login, blocks, catalog, orders, storage,
tasking, webhooks. They follow UP42's documentation of that time."""

import os
import pathlib
import tempfile
import time

import adapter  # noqa: F401
import shapely.geometry
import up42
from steps import raises, step

AREA = {
    "type": "Polygon",
    "coordinates": [[[-17.48, 14.68], [-17.43, 14.68], [-17.43, 14.73], [-17.48, 14.73], [-17.48, 14.68]]],
}
MANIFEST = {
    "_up42_specification_version": 2,
    "name": "sharpening",
    "type": "processing",
    "tags": ["imagery"],
    "display_name": "Sharpening Filter",
    "description": "Enhances the sharpness of a raster image.",
    "parameters": {"strength": {"type": "string", "default": "medium"}},
    "machine": {"type": "large"},
    "input_capabilities": {"raster": {"up42_standard": {"format": "GTiff"}}},
    "output_capabilities": {"raster": {"up42_standard": {"format": "GTiff", "bands": ">"}}},
}
PROJECT = os.environ["UP42_PROJECT_ID"]
folder = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR")))


def wait(reached, seconds=60):
    """Waits for an event of the platform, whose clock runs fast."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


def login_steps():
    with step("a project logs in"):
        up42.authenticate(project_id=PROJECT, project_api_key=os.environ["UP42_PROJECT_API_KEY"])
        assert up42.main._auth.workspace_id
    with step("a wrong key is refused"):
        assert raises(Exception, lambda: up42.authenticate(project_id=PROJECT, project_api_key="wrong"))
    with step("a configuration file logs in"):
        config = folder / "config.json"
        config.write_text(
            f'{{"username": "{os.environ["UP42_USERNAME"]}", "password": "{os.environ["UP42_PASSWORD"]}"}}'
        )
        up42.authenticate(cfg_file=config)
    with step("an account logs in"):
        up42.authenticate(
            username=os.environ["UP42_USERNAME"], password=os.environ["UP42_PASSWORD"]
        )
    with step("the balance"):
        assert up42.get_credits_balance()["balance"] == 100_000


def block_steps():
    with step("blocks"):
        blocks = up42.get_blocks()
        assert "tiling" in blocks and "oneatlas-pleiades-fullscene" in blocks
    with step("data blocks and processing blocks"):
        data, processing = up42.get_blocks(block_type="data"), up42.get_blocks(block_type="processing")
        assert "sobloo-s2-l1c-aoiclipped" in data and "tiling" in processing and not data.keys() & processing
    with step("blocks as a table"):
        assert "tiling" in up42.get_blocks(basic=False, as_dataframe=True)["name"].to_list()
    with step("details of a block"):
        details = up42.get_block_details(blocks["tiling"])
        assert details["id"] == blocks["tiling"] and "strength" not in details["parameters"]
    with step("coverage of a block"):
        assert up42.get_block_coverage(blocks["sobloo-s2-l1c-aoiclipped"])["features"]


def catalog_steps():
    catalog, found = up42.initialize_catalog(), None
    with step("data products of the catalog"):
        products = catalog.get_data_products(basic=True)
        assert products["Pléiades"]["host"] == "oneatlas" and products["Pléiades"]["data_products"]
        assert len(catalog.get_data_products(basic=False)) == 7
    with step("collections of the catalog"):
        names = [one["name"] for one in catalog.get_collections()]
        assert "phr" in names and "phr-tasking" not in names
    with step("parameters of a search"):
        parameters = catalog.construct_search_parameters(
            geometry=AREA,
            start_date="2019-01-01",
            end_date="2020-12-31",
            collections=["phr"],
            max_cloudcover=30,
            usage_type=["DATA", "ANALYTICS"],
            limit=10,
        )
    with step("a search"):
        found = catalog.search(dict(parameters))
        assert 0 < len(found) <= 10 and (found["cloudCoverage"] <= 30).all()
        assert found.intersects(shapely.geometry.shape(AREA).envelope).all()
    with step("a search as GeoJSON"):
        assert catalog.search(dict(parameters), as_dataframe=False)["features"]
    with step("a search of many pages"):
        everything = {**parameters, "datetime": "2012-01-01T00:00:00Z/2026-10-31T00:00:00Z", "query": {}}
        few = catalog.search({**everything, "limit": 60})
        assert len(few) == 60 and few["id"].is_unique
    with step("an unknown collection is refused"):
        assert raises(ValueError, lambda: catalog.search({**parameters, "collections": ["nothing"]}))
    with step("quicklooks of the catalog"):
        ids = list(found["id"][:2])
        paths = catalog.download_quicklooks(ids, collection="phr", output_directory=folder / "quicklooks")
        assert len(paths) == 2 and all(pathlib.Path(path).read_bytes()[:2] == b"\xff\xd8" for path in paths)
    return catalog, found


def order_steps(catalog, found):
    order = asset = None
    with step("the schema of a data product"):
        product = catalog.get_data_products()["Pléiades"]["data_products"]["Display"]
        assert {"id", "aoi"} <= set(catalog.get_data_product_schema(product)["properties"])
    with step("parameters of an order"):
        parameters = catalog.construct_order_parameters(
            data_product_id=product, image_id=found["id"][0], aoi=AREA, tags=["first", "sdk"]
        )
    with step("the price of an order"):
        price = catalog.estimate_order(parameters)
        assert isinstance(price, int) and price > 0
    with step("a wrong order is refused"):
        wrong = {**parameters, "params": {**parameters["params"], "id": "nothing"}}
        assert raises(Exception, lambda: catalog.place_order(wrong))
    with step("an order is placed"):
        before = up42.get_credits_balance()["balance"]
        order = catalog.place_order(parameters)
        assert order.status in ("CREATED", "BEING_PLACED", "PLACED", "BEING_FULFILLED", "FULFILLED")
    with step("an order is tracked"):
        assert order.track_status(report_time=0.1) == "FULFILLED" and order.is_fulfilled
    with step("an order is paid"):
        assert up42.get_credits_balance()["balance"] == before - price
    with step("an order by its id"):
        again = up42.initialize_order(order.order_id)
        assert again.info["tags"] == ["first", "sdk"] and again.info["type"] == "ARCHIVE"
        assert again.order_details == {}
    with step("assets of an order"):
        (asset,) = order.get_assets()
        assert asset.info["order"]["id"] == order.order_id
    return order, asset


def storage_steps(order, asset):
    storage = up42.initialize_storage()
    with step("assets of the storage"):
        assert asset.asset_id in [one.asset_id for one in storage.get_assets()]
    with step("assets by their properties"):
        own = storage.get_assets(
            created_after="2020-01-01", workspace_id=storage.workspace_id, collection_names=["phr"],
            producer_names=["airbus"], tags=["sdk"], sources=["ARCHIVE"], search=order.order_id, return_json=True,
        )
        assert [one["id"] for one in own] == [asset.asset_id]
        for other in (
            {"created_before": "2020-01-01"}, {"collection_names": ["spot"]}, {"producer_names": ["nobody"]},
            {"tags": ["nothing"]}, {"sources": ["USER"]}, {"search": "nothing"},
            {"workspace_id": "00000000-0000-4000-8000-000000000000"},
        ):
            assert storage.get_assets(**other) == [], other
    with step("assets in an order"):
        names = [one["name"] for one in storage.get_assets(sortby="name", descending=False, return_json=True)]
        assert names == sorted(names)
        assert raises(Exception, lambda: storage.get_assets(sortby="nothing"))
    with step("orders of the storage"):
        found = storage.get_orders(order_type="ARCHIVE", tags=["sdk"], statuses=["FULFILLED"], return_json=True)
        assert [one["id"] for one in found] == [order.order_id]
        assert storage.get_orders(tags=["nothing"]) == []
    with step("an asset by its id"):
        assert up42.initialize_asset(asset.asset_id).info["name"] == asset.info["name"]
    with step("the title and the tags of an asset"):
        told = asset.update_metadata(title="other", tags=["x"])
        assert (told["title"], told["tags"]) == ("other", ["x"])
        assert up42.initialize_asset(asset.asset_id).info["title"] == "other"
    with step("an asset is downloaded and unpacked"):
        paths = asset.download(output_directory=folder / "asset")
        assert paths and all(pathlib.Path(path).suffix == ".tif" for path in paths)
    with step("an asset is downloaded as it is"):
        packed = asset.download(output_directory=folder / "packed", unpacking=False)
        assert [pathlib.Path(path).name for path in packed] == [asset.info["name"]]
    with step("STAC items of an asset"):
        items = asset.stac_items
        assert [item.properties["up42-system:asset_id"] for item in items] == [asset.asset_id] * len(items)
        assert len(items) == 1
    with step("the STAC collection of an asset"):
        assert asset.stac_info.id == items[0].collection_id
    with step("a file of a STAC item"):
        path = asset.download_stac_asset(items[0].assets["multispectral"], folder / "stac")
        assert path.name == "multispectral.tif" and path.stat().st_size > 0
    with step("the storage as a STAC API"):
        client = storage.pystac_client
        assert items[0].id in [item.id for item in client.search(max_items=10).items()]


def tasking_steps():
    tasking = up42.initialize_tasking()
    with step("data products of tasking"):
        (products,) = tasking.get_data_products().values()
        product = products["data_products"]["Standard"]
    with step("collections of tasking"):
        assert [one["type"] for one in tasking.get_collections()] == ["TASKING"]
    with step("a tasking order is placed"):
        parameters = tasking.construct_order_parameters(
            data_product_id=product, name="new image", acquisition_start="2026-12-01",
            acquisition_end="2026-12-31", geometry=AREA, tags=["tasking"],
        )
        parameters["params"]["extraDescription"] = "at low tide"
        order = tasking.place_order(parameters)
        assert order.info["displayName"] == "new image"
    with step("details of a tasking order"):
        details = order.order_details
        assert details["extraDescription"] == "at low tide" and details["acquisitionStart"].startswith("2026-12-01")
    with step("a study is decided on"):
        wait(lambda: tasking.get_feasibility(order_id=order.order_id))
        (study,) = tasking.get_feasibility(order_id=order.order_id, decision=["NOT_DECIDED"])
        chosen = tasking.choose_feasibility(study["id"], study["options"][0]["id"])
        assert chosen["decision"] == "ACCEPTED"
    with step("a quotation is decided on"):
        wait(lambda: tasking.get_quotations(order_id=order.order_id))
        (quotation,) = tasking.get_quotations(order_id=order.order_id, workspace_id=order.info["workspaceId"])
        assert tasking.decide_quotation(quotation["id"], "ACCEPTED")["decision"] == "ACCEPTED"
        assert raises(Exception, lambda: tasking.decide_quotation(quotation["id"], "REJECTED"))
    with step("a tasking order is fulfilled"):
        assert order.track_status(report_time=0.1) == "FULFILLED"


def webhook_steps():
    with step("events of webhooks"):
        events = [event["name"] for event in up42.get_webhook_events()]
        assert events == ["job.status", "order.status"]
    with step("a webhook is registered"):
        webhook = up42.create_webhook(name="told", url="https://example.com/told", events=events, active=True, secret="s")
        assert up42.initialize_webhook(webhook.webhook_id).info["events"] == events
        assert [one.webhook_id for one in up42.get_webhooks()] == [webhook.webhook_id]
    with step("a webhook is changed"):
        assert webhook.update(name="other").info["name"] == "other"
    with step("a webhook is tested"):
        assert webhook.trigger_test_events()["testsRun"] == 2
    with step("a webhook is deleted"):
        webhook.delete()
        assert up42.get_webhooks(return_json=True) == []


def result_steps(job, features):
    """Runs the steps on a job that has succeeded."""
    with step("a job by its id"):
        again = up42.initialize_job(job_id=job.job_id, project_id=PROJECT)
        assert again.is_succeeded and again.info["mode"] == "DEFAULT"
    with step("results of a job"):
        assert len(job.get_results_json()["features"]) == features
        assert len(job.get_results_json(as_dataframe=True)) == features
    with step("tasks of a job"):
        tasks = job.get_jobtasks()
        assert len(tasks) == 2 and len(job.get_jobtasks_results_json()) == 2
        assert up42.initialize_jobtask(tasks[0].jobtask_id, job.job_id, project_id=PROJECT).info["status"] == "SUCCEEDED"
    with step("results of a task"):
        assert len(tasks[0].get_results_json()["features"]) == features
        assert tasks[0].download_results(output_directory=folder / "task")
    with step("logs of a job"):
        assert len(job.get_logs(as_print=False, as_return=True)) == 2
    with step("quicklooks of a job"):
        paths = job.download_quicklooks(output_directory=folder / "job")
        assert len(paths) == features and all(pathlib.Path(path).stat().st_size for path in paths)
    with step("credits of a job"):
        assert job.get_credits()["creditsUsed"] > 0
    with step("results are downloaded"):
        paths = [pathlib.Path(path) for path in job.download_results(output_directory=folder / "results")]
        assert sorted(path.suffix for path in paths) == [".json"] + [".tif"] * features
