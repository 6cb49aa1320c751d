"""What other tools make of our GeoParquet, and a file of theirs for us.

    python geoparquet.py OURS ITEMS THEIRS

reads OURS with geopandas and with DuckDB, and writes ITEMS (NDJSON) with
stac-geoparquet to THEIRS.
"""

import json
import pathlib
import sys

import duckdb
import geopandas
import pyarrow
import stac_geoparquet.arrow

ours, items, theirs = sys.argv[1:]

frame = geopandas.read_parquet(ours)
west, south, east, north = frame.total_bounds
part = geopandas.read_parquet(ours, bbox=(west, south, (west + east) / 2, (south + north) / 2))
known = frame.geometry.notna()
columns = ["west", "south", "east", "north"]
found = duckdb.sql(f"select count(*), count(bbox.xmin), count(datetime) from '{ours}'").fetchall()[0]
print(
    json.dumps(
        {
            "rows": len(frame),
            "crs": frame.crs.to_string(),
            "same_boxes": bool((abs(frame.bounds[known].to_numpy() - frame[columns][known].to_numpy()) < 1e-9).all()),
            "part": 0 < len(part) <= len(frame),
            "datetime": str(frame["datetime"].dtype),
            "duckdb": found,
        }
    )
)

lines = [json.loads(line) for line in pathlib.Path(items).read_text().splitlines()]
table = pyarrow.Table.from_batches(list(stac_geoparquet.arrow.parse_stac_items_to_arrow(lines)))
stac_geoparquet.arrow.to_parquet(table, theirs)
