"""Computes all spectral indices of spyndex on drawn reflectances.

    python indices.py COUNT

prints JSON: `bands`, the values of each band by its letter in the table, and `indices`, the COUNT
values of each index by its short name (null is not finite).
"""

import json
import sys

import numpy as np
import spyndex

count = int(sys.argv[1])
rng = np.random.default_rng(7)
letters = [letter for letter in spyndex.bands.keys() if not letter.startswith("T")]
bands = {letter: rng.uniform(0.01, 0.8, count) for letter in letters}
bands |= {letter: rng.uniform(270, 320, count) for letter in ("T", "T1", "T2")}
constants = {name: spyndex.constants[name].default for name in spyndex.constants.keys()}
indices = {}
with np.errstate(all="ignore"):
    for name in spyndex.indices.keys():
        needed = spyndex.indices[name].bands
        parameters = {**constants, **bands}
        if all(parameters.get(letter) is not None for letter in needed):
            values = spyndex.computeIndex(name, {letter: parameters[letter] for letter in needed})
            indices[name] = [float(value) if np.isfinite(value) else None for value in values]
print(json.dumps({"bands": {letter: list(values) for letter, values in bands.items()}, "indices": indices}))
