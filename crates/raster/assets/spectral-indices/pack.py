"""Writes `indices.tsv` and `constants.tsv` from the tables of the Python package `spyndex`.

    python pack.py SPYNDEX/data

where SPYNDEX is the folder of the installed package. Keeps the indices that need only bands of
Sentinel-2, Landsat 8 and 9 or Pléiades, and constants that have a default.
"""

import json
import pathlib
import re
import sys

data, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
indices = json.loads((data / "spectral-indices-dict.json").read_text())["SpectralIndices"]
constants = json.loads((data / "constants.json").read_text())

SENTINEL_2 = {"A", "B", "G", "R", "RE1", "RE2", "RE3", "N", "N2", "WV", "S1", "S2"}
LANDSAT = {"A", "B", "G", "R", "N", "S1", "S2", "T1", "T2"}
defaults = {name: value["default"] for name, value in constants.items() if value["default"] is not None}


def is_kept(index: dict) -> bool:
    bands = set(index["bands"]) - set(defaults)
    return bands <= SENTINEL_2 or bands <= LANDSAT


kept = [index for index in indices.values() if is_kept(index)]
columns = ["short_name", "long_name", "application_domain", "formula", "reference"]
rows = [[re.sub(r"\s+", " ", index[column]).strip() for column in columns] for index in kept]
(here / "indices.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))

used = {letter for index in kept for letter in index["bands"]} & set(defaults)
lines = [f"{name}\t{defaults[name]}\t{constants[name]['description']}\n" for name in sorted(used)]
(here / "constants.tsv").write_text("".join(lines))
