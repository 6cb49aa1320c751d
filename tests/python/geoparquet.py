"""Reads our GeoParquet with other tools, and writes files with them for us.

    python geoparquet.py OURS ITEMS THEIRS NATIVE TEXT

reads OURS with geopandas and with DuckDB, and writes ITEMS (NDJSON): with stac-geoparquet to
THEIRS, with Parquet's own geometry type to NATIVE, and with its JSON type for nested values
to TEXT.
"""

import json
import pathlib
import sys

import duckdb
import geopandas
import pyarrow
import pyarrow.parquet
import stac_geoparquet.arrow

ours, items, theirs, native, text = sys.argv[1:]

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


class Geometry(pyarrow.ExtensionType):
    """Geometry type for pyarrow."""

    def __init__(self):
        super().__init__(pyarrow.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self):
        return b"{}"

    @classmethod
    def __arrow_ext_deserialize__(cls, storage, serialized):
        return cls()


pyarrow.register_extension_type(Geometry())
geometries = pyarrow.ExtensionArray.from_storage(Geometry(), table["geometry"].combine_chunks())
at = table.schema.get_field_index("geometry")
pyarrow.parquet.write_table(table.set_column(at, "geometry", geometries), native)
assert "geometry (Geometry(" in str(pyarrow.parquet.ParquetFile(native).schema)

nested = [name for name in ["assets", "links", "providers", "proj:bbox"] if name in table.column_names]
as_json = ", ".join(f'to_json("{name}") as "{name}"' for name in nested)
duckdb.sql(f"copy (select * replace ({as_json}) from '{theirs}') to '{text}' (format parquet)")
assert "(JSON)" in str(pyarrow.parquet.ParquetFile(text).schema) or "Json" in str(pyarrow.parquet.ParquetFile(text).schema)
