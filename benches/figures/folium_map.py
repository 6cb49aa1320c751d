"""Prints the seconds to build and save a folium map of the scenes in a folder.

    python folium_map.py FOLDER jpeg|png PAGE.html

FOLDER contains `scenes.json`: for each scene the name of its picture, its bounding box and
its ring. With `jpeg` the files are embedded unchanged, which is folium's best case; with
`png` their pixels are passed, as UP42's SDK does, and folium encodes them again.
"""

import json
import pathlib
import sys
import time

import folium
import numpy
from PIL import Image

folder, kind, page = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
scenes = json.loads((folder / "scenes.json").read_text())

start = time.perf_counter()
boxes = [scene["bbox"] for scene in scenes]
west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
shown = folium.Map()
for scene in scenes:
    west_, south_, east_, north_ = scene["bbox"]
    file = folder / scene["picture"]
    picture = str(file) if kind == "jpeg" else numpy.asarray(Image.open(file))
    folium.raster_layers.ImageOverlay(picture, bounds=[[south_, west_], [north_, east_]], name=scene["id"]).add_to(shown)
rings = [{"type": "Feature", "properties": {"id": scene["id"]}, "geometry": {"type": "Polygon", "coordinates": [scene["ring"]]}} for scene in scenes]
folium.GeoJson({"type": "FeatureCollection", "features": rings}, style_function=lambda _: {"fillOpacity": 0}).add_to(shown)
shown.fit_bounds([[south, west], [north, east]])
shown.save(page)
print(time.perf_counter() - start)
