"""Draws rasters and polygons, and computes zonal statistics with exactextract and shapely.

    python zonal.py FOLDER SEED COUNT

writes COUNT rasters `N.tif` and files `N.json`: a list of `geometry` (GeoJSON, with the coordinates as
text), `exactextract` and `shapely` (statistics by name; null is undefined). exactextract's shares are
32-bit floats; those of shapely are areas of intersections in 64 bits.
"""

import json
import math
import pathlib
import sys

import exactextract
import numpy as np
import rasterio
import shapely
from exactextract.raster import NumPyRasterSource
from shapely.geometry import MultiPolygon, Polygon, box, mapping

OPERATIONS = {
    "count": "count",
    "sum": "sum",
    "mean": "mean",
    "std": "stdev",
    "min": "min",
    "max": "max",
    "median": "median",
    "p90": "quantile(q=0.9)",
    "majority": "mode",
    "minority": "minority",
    "variety": "variety",
}
GRIDS = [(5.0, 3.0, 1.0), (499980.0, 4600020.0, 10.0), (-17.46, 14.69, 0.0001), (-0.3, 51.7, 0.1)]


def star(rng, x, y, radius):
    """A ring around a point, as a list of corners."""
    angles = np.sort(rng.uniform(0, 2 * math.pi, rng.integers(5, 20)))
    # Without a gap of half a turn, the ring contains its centre.
    angles = np.concatenate([angles, [0.1, 2.1, 4.2]])
    angles.sort()
    radii = radius * rng.uniform(0.5, 1, len(angles))
    return list(zip(x + radii * np.cos(angles), y + radii * np.sin(angles)))


def shape(rng, width, height, is_exact):
    """A polygon in pixels; corners on borders of pixels only if their coordinates are exact, since
    they leave slivers in exactextract otherwise."""
    x, y = rng.uniform(-1, width + 1), rng.uniform(-1, height + 1)
    kind = rng.choice([0, 1, 2, 3, 4, 5] if is_exact else [0, 3, 4, 5])
    if kind == 0:  # within one pixel, mostly
        return Polygon(star(rng, x, y, 0.01))
    if kind == 1:  # edges along the borders of pixels
        left, top = rng.integers(-2, width), rng.integers(-2, height)
        return box(left, top, left + rng.integers(1, 6), top + rng.integers(1, 6))
    if kind == 2:  # corners on corners of pixels
        return shapely.convex_hull(shapely.MultiPoint(rng.integers(-2, max(width, height) + 2, (8, 2))))
    radius = rng.uniform(0.3, max(width, height) / 2)
    ring = star(rng, x, y, radius)
    if kind == 3:
        return Polygon(ring)
    inner = Polygon(ring).boundary.distance(shapely.Point(x, y))
    hole = star(rng, x, y, 0.9 * inner)
    if kind == 4:
        return Polygon(ring, [hole])
    return MultiPolygon([Polygon(ring, [hole]), Polygon(star(rng, x, y, 0.4 * inner))])


def text(coordinates):
    """Coordinates as text, since not every reader of JSON returns the same floats."""
    return repr(float(coordinates)) if np.isscalar(coordinates) else [text(part) for part in coordinates]


def defined(value):
    return float(value) if value is not None and np.isfinite(value) else None


def by_exactextract(source, geometry):
    feature = {"type": "Feature", "geometry": mapping(geometry), "properties": {}}
    found = exactextract.exact_extract(source, [feature], list(OPERATIONS.values()))[0]["properties"]
    names = ["quantile_90" if "quantile" in name else name for name in OPERATIONS.values()]
    return {name: defined(found[theirs]) for name, theirs in zip(OPERATIONS, names)}


def by_shapely(values, pixels, geometry):
    shares = shapely.area(shapely.intersection(pixels, geometry))
    is_covered = (shares > 1e-12) & ~np.isnan(values)
    values, shares = values[is_covered], shares[is_covered]
    if not len(values):
        return {"count": 0.0, "variety": 0.0}
    distinct, index = np.unique(values, return_inverse=True)
    weights = np.bincount(index, shares)
    # The definition of a weighted quantile in the documentation of exactextract.
    last = len(distinct) - 1
    below = np.concatenate([[0], np.cumsum(weights)[:-1]])
    positions = np.arange(len(distinct)) * weights + last * below
    quantile = lambda share: float(np.interp(share * last * weights.sum(), positions, distinct))
    mean = np.average(values, weights=shares)
    return {
        "count": float(shares.sum()),
        "sum": float((values * shares).sum()),
        "mean": float(mean),
        "std": float(math.sqrt(np.average((values - mean) ** 2, weights=shares))),
        "min": float(values.min()),
        "max": float(values.max()),
        "median": quantile(0.5),
        "p90": quantile(0.9),
        "variety": float(len(distinct)),
    }


def main(folder, seed, count):
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        width, height = (int(size) for size in rng.integers(1, 40, 2))
        is_classes = number % 2 == 0
        values = rng.integers(0, 9, (height, width)) if is_classes else rng.normal(100, 30, (height, width))
        values = values.astype("float64")
        values[rng.random((height, width)) < 0.2] = -9999
        x, y, size = GRIDS[number % len(GRIDS)]
        profile = dict(driver="GTiff", width=width, height=height, count=1, dtype="float64", nodata=-9999)
        profile.update(tiled=True, blockxsize=16, blockysize=16, compress="deflate")
        transform = rasterio.transform.from_origin(x, y, size, size)
        with rasterio.open(folder / f"{number}.tif", "w", transform=transform, **profile) as file:
            file.write(values, 1)
        sides = dict(xmin=x, xmax=x + width * size, ymin=y - height * size, ymax=y)
        source = NumPyRasterSource(values, nodata=-9999, **sides)
        rows, columns = np.mgrid[:height, :width]
        pixels = shapely.box(columns, rows, columns + 1, rows + 1).ravel()
        flat = np.where(values == -9999, np.nan, values).ravel()
        cases = []
        while len(cases) < 40:
            drawn = shape(rng, width, height, is_exact=size >= 1)
            if drawn.geom_type not in ("Polygon", "MultiPolygon") or not drawn.is_valid:
                continue
            placed = shapely.transform(drawn, lambda at: np.c_[x + at[:, 0] * size, y - at[:, 1] * size])
            # Back in pixels, since the coordinates are rounded.
            rounded = shapely.transform(placed, lambda at: np.c_[(at[:, 0] - x) / size, (y - at[:, 1]) / size])
            peers = {"exactextract": by_exactextract(source, placed), "shapely": by_shapely(flat, pixels, rounded)}
            corners = shapely.get_coordinates(drawn)
            if (corners == corners.round()).all():
                # Several shares are equal but for rounding: which is the least is chance.
                del peers["exactextract"]["majority"], peers["exactextract"]["minority"]
            geometry = {"type": placed.geom_type, "coordinates": text(mapping(placed)["coordinates"])}
            cases.append({"geometry": geometry, **peers})
        (folder / f"{number}.json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
