"""The flows of up42-py 4.3.0, UP42's current SDK."""

import datetime
import logging
import os
import pathlib
import tempfile
import time

import hosts  # noqa: F401
import up42
from steps import raises, report, step
from up42 import processing_templates

logging.disable()

AREA = {
    "type": "Polygon",
    "coordinates": [[[-17.48, 14.68], [-17.43, 14.68], [-17.43, 14.73], [-17.48, 14.73], [-17.48, 14.68]]],
}
FEATURES = {
    "type": "FeatureCollection",
    "features": [{"type": "Feature", "properties": {}, "geometry": AREA}],
}
folder = pathlib.Path(tempfile.mkdtemp())


def wait(reached, seconds=60):
    """Waits for an event of the platform, whose clock runs fast."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


with step("a wrong password is refused"):
    assert raises(ValueError, lambda: up42.authenticate(username=os.environ["UP42_USERNAME"], password="wrong"))
with step("a configuration file logs in"):
    config = folder / "config.json"
    config.write_text(
        f'{{"username": "{os.environ["UP42_USERNAME"]}", "password": "{os.environ["UP42_PASSWORD"]}"}}'
    )
    up42.authenticate(cfg_file=config)
with step("an account logs in"):
    up42.authenticate(username=os.environ["UP42_USERNAME"], password=os.environ["UP42_PASSWORD"])

# The glossary
with step("collections"):
    collections = {one.name: one for one in up42.ProductGlossary.get_collections()}
    assert {"phr", "pneo", "spot", "sentinel-2", "phr-tasking"} <= collections.keys()
    assert collections["phr"].metadata.resolution_value.minimum == 0.5
with step("collections of a type"):
    tasking = list(up42.ProductGlossary.get_collections(collection_type=up42.CollectionType.TASKING))
    assert [one.name for one in tasking] == ["phr-tasking"]
with step("collections in an order"):
    sorting = up42.CollectionSorting
    for field, attribute in (
        (sorting.name, "name"), (sorting.title, "title"), (sorting.description, "description"), (sorting.type, "type"),
    ):
        for key, down in ((field.asc, False), (field.desc, True)):
            told = [getattr(one, attribute) for one in up42.ProductGlossary.get_collections(sort_by=key)]
            texts = [one.value if isinstance(one, up42.CollectionType) else one for one in told]
            assert texts == sorted(texts, reverse=down), (key, texts)
with step("the schema of a data product"):
    analytic = next(one for one in collections["phr"].data_products if one.name == "analytic")
    assert "id" in analytic.schema["properties"]
with step("a search of a host"):
    host = next(one for one in collections["phr"].providers if one.is_host)
    scenes = list(
        host.search(
            intersects=AREA, collections=["phr"], start_date="2019-01-01", end_date="2020-12-31",
            query={"cloudCoverage": {"LTE": 50}},
        )
    )
    assert scenes and all(scene.collection == "phr" and scene.cloud_coverage <= 50 for scene in scenes)
with step("a quicklook of a host"):
    path = scenes[0].quicklook.download(folder)
    assert path.read_bytes()[:2] == b"\xff\xd8"
with step("a wrong search of a host is refused"):
    wrong = lambda: list(host.search(intersects=AREA, collections=["nothing"]))
    assert raises(up42.glossary.InvalidSearchRequest, wrong)

# The catalog
catalog = up42.catalog_client()
with step("collections of the catalog"):
    assert {"phr", "spot"} <= {one.id for one in catalog.get_collections()}
with step("a search of the catalog"):
    found = catalog.search(
        collections=["phr", "spot"], intersects=AREA, datetime="2018-01-01/2021-12-31",
        filter={"op": "<=", "args": [{"property": "eo:cloud_cover"}, 40]},
        sortby=[{"field": "properties.datetime", "direction": "desc"}], max_items=25,
    )
    items = list(found.items())
    times = [item.datetime for item in items]
    assert len(items) > 10 and times == sorted(times, reverse=True)
    assert all(item.properties["eo:cloud_cover"] <= 40 for item in items)
with step("an item of the catalog"):
    item = items[0]
    assert catalog.get_collection(item.collection_id).get_item(item.id).id == item.id
with step("thumbnails and quicklooks of the catalog"):
    for name in ("thumbnail", "quicklook"):
        path = item.assets[name].file.download(folder)
        assert path.suffix == ".jpg" and path.read_bytes()[:2] == b"\xff\xd8"

# Orders
image = next(one for one in items if one.collection_id == "phr")
with step("the price of an order"):
    template = up42.BatchOrderTemplate(
        data_product_id=analytic.id, display_name="harbour", features=FEATURES,
        params={"id": image.id}, tags=["first", "sdk"],
    )
    assert template.estimate.credits > 0 and template.estimate.unit == "SQ_KM"
with step("a budget pays"):
    budget = next(up42.Budget.all(status=["ACTIVE"]))
    template.budget_id = budget.id
    (reference,) = template.place()
    order = reference.order
    assert (order.display_name, order.budget_id, order.type) == ("harbour", budget.id, "ARCHIVE")
with step("an order is changed"):
    assert up42.Order.update(order.id, tags=["second", "sdk"]).tags == ["second", "sdk"]
    assert up42.Order.update(order.id, budget_id=None).budget_id is None
with step("orders by their properties"):
    own = up42.Order.all(
        workspace_id=order.workspace_id, order_type="ARCHIVE", display_name="harbour", tags=["sdk"], ids=[order.id],
        sort_by=up42.OrderSorting.created_at.desc,
    )
    assert [one.id for one in own] == [order.id]
    assert list(up42.Order.all(tags=["nothing"])) == [] == list(up42.Order.all(order_type="TASKING"))
with step("an order is tracked"):
    order.track(report_time=0.05)
    assert order.is_fulfilled and order.details.image_id == image.id
with step("an order that has begun cannot be cancelled"):
    assert raises(up42.order.OrderCannotBeCanceled, order.cancel)
with step("an order that cannot be placed is told"):
    far = {**AREA, "coordinates": [[[x + 30, y] for x, y in AREA["coordinates"][0]]]}
    two = {**FEATURES, "features": FEATURES["features"] + [{"type": "Feature", "properties": {}, "geometry": far}]}
    both = up42.BatchOrderTemplate(analytic.id, "two", two, {"id": image.id})
    assert [type(one).__name__ for one in both.estimate.items] == ["OrderCost", "OrderError"]
with step("another order"):
    (other,) = up42.BatchOrderTemplate(analytic.id, "harbour", FEATURES, {"id": image.id}).place()
    other.order.track(report_time=0.05)

# The storage
storage = up42.stac_client()
of_order = lambda id: {"op": "=", "args": [{"property": "up42-order:id"}, id]}
with step("items of an order"):
    stored = list(storage.search(filter=of_order(order.id)).items())
    assert {one.up42.modality for one in stored} == {"multispectral", "panchromatic"}
    assert all(one.up42.order_id == order.id and one.up42.job_id is None for one in stored)
    source = next(one for one in stored if one.up42.modality == "multispectral")
    (reference,) = [
        one for one in storage.search(filter=of_order(other.id)).items() if one.up42.modality == "multispectral"
    ]
with step("an item by its asset"):
    by_asset = {"op": "=", "args": [{"property": "asset_id"}, source.up42.asset_id]}
    assert {one.id for one in storage.search(filter=by_asset).items()} == {one.id for one in stored}
with step("an item is labelled"):
    source.up42.title, source.up42.tags = "harbour 1", ["x"]
    source.update()
    again = storage.get_collection(source.collection_id).get_item(source.id)
    assert (again.up42.title, again.up42.tags) == ("harbour 1", ["x"])
with step("a file of the storage"):
    path = source.assets["multispectral"].file.download(folder)
    assert path.name == "multispectral.tif" and path.stat().st_size > 0
    assert source.assets["thumbnail"].file.download(folder).name == "thumbnail.jpg"
with step("a collection of the storage"):
    collection = storage.get_collection(source.collection_id)
    assert collection.up42.order_id == order.id and len(list(collection.get_items())) == 2

# Processing
singles = [
    "DetectionBuildingsSpacept", "DetectionTreesSpacept", "DetectionShadowsSpacept", "DetectionShipsAirbus",
    "DetectionWindTurbinesAirbus", "DetectionStorageTanksAirbus", "DetectionTrucksOI", "DetectionCarsOI",
    "DetectionAircraftOI", "UpsamplingNS", "UpsamplingNSSentinel", "TrueColorConversion", "OrthorectificationIntermap",
]
for name in singles:
    with step(f"a template of {name}"):
        template = getattr(processing_templates, name)(title=name, item=source)
        assert template.is_valid and template.cost.credits >= 1, template.errors
for name in ("CoregistrationSimularity", "DetectionChangeSimularity"):
    with step(f"a template of {name}"):
        pair = getattr(processing_templates, name)(title=name, source_item=source, reference_item=reference)
        assert pair.is_valid and pair.cost > 0, pair.errors
with step("a template of Pansharpening"):
    weights = [processing_templates.GreyWeight(band="red", weight=0.3)]
    assert processing_templates.Pansharpening(title="sharp", item=source, grey_weights=weights).is_valid
with step("a wrong sensitivity is told"):
    wrong = processing_templates.DetectionChangeSimularity(
        title="a", source_item=source, reference_item=reference, sensitivity=9
    )
    assert [error.name for error in wrong.errors] == ["InvalidSchema"]
with step("an item that is not there is told"):
    gone = source.clone()
    gone.set_self_href(source.get_self_href().replace("collections/", "collections/no"))
    assert not processing_templates.UpsamplingNS(title="a", item=gone).is_valid
with step("a job runs"):
    job = processing_templates.UpsamplingNS(title="larger", item=source).execute(budget_id=budget.id)
    created = job.updated
    job.track(wait=0.05)
    assert job.status == up42.JobStatus.SUCCESSFUL and job.credits > 0
with step("a job is updated as it goes on"):
    assert job.updated > created and job.finished > job.started >= job.created
with step("what a job made"):
    (made,) = [one for one in job.collection.get_items() if one.up42.modality == "multispectral"]
    assert (made.up42.job_id, made.up42.order_id) == (job.id, order.id)
with step("what a job made is labelled"):
    made.up42.title = "larger harbour"
    made.update()
    assert storage.get_collection(made.collection_id).get_item(made.id).up42.title == "larger harbour"
with step("a pair is compared"):
    change = processing_templates.DetectionChangeSimularity(title="change", source_item=source, reference_item=reference)
    change = change.execute()
    change.track(wait=0.05)
    assert change.definition["inputs"]["sensitivity"] == 2 and change.collection
with step("jobs by their properties"):
    ids = lambda **filters: [one.id for one in up42.Job.all(**filters)]
    assert ids(process_id=["upsampling-ns"], status=[up42.JobStatus.SUCCESSFUL]) == [job.id]
    assert ids(ids=[job.id]) == [job.id] == ids(process_id=["upsampling-ns"], workspace_id=job.workspace_id)
    assert ids(workspace_id="00000000-0000-4000-8000-000000000000") == []
    ran = (job.finished - job.started) / datetime.timedelta(seconds=1)
    assert job.id in ids(min_duration=int(ran)) and job.id not in ids(min_duration=int(ran) + 1)
    assert job.id in ids(max_duration=int(ran) + 1) and job.id not in ids(max_duration=int(ran) or 1)
with step("jobs in an order"):
    for field, key in (
        (up42.JobSorting.created, lambda one: one.created), (up42.JobSorting.process_id, lambda one: one.process_id),
        (up42.JobSorting.status, lambda one: one.status.value), (up42.JobSorting.credits, lambda one: one.credits),
    ):
        for sort, down in ((field.asc, False), (field.desc, True)):
            told = [key(one) for one in up42.Job.all(sort_by=sort)]
            assert len(told) == 2 and told == sorted(told, reverse=down), (sort, told)
with step("jobs page by page"):
    assert len(list(up42.Job.all(page_size=1))) == 2
with step("some items of a collection are not deleted alone"):
    alone = up42.BulkDeletion(stored[0].id)
    assert raises(up42.stac.IncompleteCollectionDeletionError, alone.delete)
with step("what was made is deleted"):
    up42.BulkDeletion(*[one.id for one in job.collection.get_items()]).delete()
    assert list(storage.search(ids=[made.id]).items()) == []
with step("items are deleted"):
    up42.BulkDeletion(*[one.id for one in stored]).delete()
    assert list(storage.search(ids=[one.id for one in stored]).items()) == []

# Tasking
with step("a tasking order is placed"):
    product = tasking[0].data_products[0]
    dates = {"acquisitionStart": "2026-12-01T00:00:00Z", "acquisitionEnd": "2026-12-31T00:00:00Z"}
    params = {"displayName": "new image", "extraDescription": "at low tide", "maxCloudCover": 15, **dates}
    (reference,) = up42.BatchOrderTemplate(product.id, "new image", FEATURES, params).place()
    new = reference.order
    assert (new.type, new.details.extra_description, new.details.max_cloud_cover) == ("TASKING", "at low tide", 15)
with step("a study is decided on"):
    wait(lambda: list(up42.FeasibilityStudy.all(order_id=new.id)))
    (study,) = up42.FeasibilityStudy.all(order_id=new.id, decision=["NOT_DECIDED"])
    study.accept(study.options[0]["id"])
    study.save()
    assert study.decision == "ACCEPTED" and study.decided_at
with step("a quotation is decided on"):
    wait(lambda: list(up42.Quotation.all(order_id=new.id)))
    (quotation,) = up42.Quotation.all(order_id=new.id, sort_by=up42.QuotationSorting.created_at.desc)
    quotation.accept()
    quotation.save()
    assert quotation.decision == "ACCEPTED" and quotation.credits_price > 0
with step("a tasking order is fulfilled"):
    new.track(report_time=0.05)
    assert new.details.sub_status == "QUOTATION_ACCEPTED"
with step("the coverage of an order"):
    coverage = up42.OrderCoverage.get(new.id)
    assert coverage.covered.percentage == 100 and coverage.remainder.sq_km_area == 0, coverage
with step("a quotation is rejected"):
    (reference,) = up42.BatchOrderTemplate(product.id, "too dear", FEATURES, params).place()
    wait(lambda: list(up42.FeasibilityStudy.all(order_id=reference.id)))
    (study,) = up42.FeasibilityStudy.all(order_id=reference.id)
    study.accept(study.options[1]["id"])
    study.save()
    wait(lambda: list(up42.Quotation.all(order_id=reference.id)))
    (quotation,) = up42.Quotation.all(order_id=reference.id)
    quotation.reject()
    quotation.save()
    assert raises(up42.order.CanceledOrder, lambda: reference.order.track(report_time=0.05))

# Budgets
with step("budgets with their use"):
    told = {one.id: one for one in up42.Budget.all(include_usage=True)}
    assert told[budget.id].consumed_credits == up42.Budget.get(budget.id, include_usage=True).consumed_credits > 0
    assert up42.Budget.get(budget.id).consumed_credits is None
with step("the use of a budget"):
    assert up42.Budget.get(budget.id).get_usage().consumed_credits == told[budget.id].consumed_credits
with step("budgets in an order"):
    assert len(list(up42.Budget.all(sort_by=up42.BudgetSorting.updated_at.desc))) == len(told)
with step("settings of budgets"):
    assert up42.BudgetSettings.get().enforcement_enabled is False

report()
