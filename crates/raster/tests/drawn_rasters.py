"""Writes GeoTIFFs of drawn parameters, and the values that GDAL reads from them.

    python drawn_rasters.py FOLDER SEED COUNT [FILE…]

writes `N.tif`, for each level `N.LEVEL.f64` (band, row, column; little-endian; NaN is no data), and
a list of all files to `files.json`. Further files are read, too.
"""

import json
import pathlib
import random
import sys
import warnings

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.warp import transform

warnings.simplefilter("ignore", NotGeoreferencedWarning)

# Types, and how many bits of them are stored.
TYPES = [
    ("uint8", None), ("uint8", 1), ("uint8", 2), ("uint8", 4), ("uint8", 7), ("int8", None),
    ("uint16", None), ("uint16", None), ("uint16", 10), ("uint16", 12), ("int16", None),
    ("uint32", None), ("int32", None), ("uint64", None), ("int64", None),
    ("float32", None), ("float32", None), ("float32", 16), ("float64", None),
    ("complex_int16", None), ("complex64", None), ("complex128", None),
]  # fmt: skip


def values(draw: random.Random, dtype: str, bits: int | None, shape: tuple) -> np.ndarray:
    """Draws values: noise, a slope with steps, or few different ones."""
    rng = np.random.default_rng(draw.getrandbits(32))
    kind = draw.choice(["noise", "slope", "few"])
    if dtype.startswith("complex"):
        limit = 3 if kind == "few" else 3000
        return (rng.integers(-limit, limit, shape) + 1j * rng.integers(-limit, limit, shape)).astype("complex64")
    if np.issubdtype(dtype, np.floating):
        noise = rng.normal(0, 1000, shape)
        noise = np.round(noise / 500) if kind == "few" else noise
        return noise.astype("float16").astype(dtype) if bits == 16 else noise.astype(dtype)
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    if bits:
        low, high = 0, 2**bits - 1
    # Larger integers are not exact as numbers of 64 bits.
    low, high = max(low, -(2**53)), min(high, 2**53)
    if kind == "few":
        return rng.integers(max(low, 0), min(high, 3), shape, endpoint=True).astype(dtype)
    if kind == "slope":
        slope = np.add.outer(np.zeros(shape[0]), np.add.outer(np.arange(shape[1]), np.arange(shape[2]) * 3))
        return np.clip(slope, low, high).astype(dtype)
    return rng.integers(low, high, shape, endpoint=True).astype(dtype)


def read(path: pathlib.Path, level: int) -> np.ndarray:
    """Reads all bands as float64: moduli of complex numbers, NaN without data."""
    options = {} if level == 0 else {"overview_level": level - 1}
    with rasterio.open(path, **options) as source:
        bands = []
        for band in range(1, source.count + 1):
            stored = source.read(band)
            stored = np.abs(stored.astype("complex128")) if np.iscomplexobj(stored) else stored.astype("float64")
            bands.append(np.where(source.read_masks(band) == 0, np.nan, stored))
        return np.stack(bands)


def draw_file(draw: random.Random, folder: pathlib.Path, number: int) -> dict:
    path = folder / f"{number}.tif"
    dtype, bits = draw.choice(TYPES)
    codec = draw.choice(["NONE", "DEFLATE", "DEFLATE", "LZW", "LZW", "ZSTD", "PACKBITS", "JPEG"])
    count = draw.choice([1, 1, 1, 2, 3, 4, 5])
    if codec == "JPEG":
        dtype, bits, count = "uint8", None, draw.choice([1, 3, 3])
    width, height = draw.randint(1, 150), draw.randint(1, 150)
    profile = dict(driver="GTiff", width=width, height=height, count=count, dtype=dtype, compress=codec)
    profile["interleave"] = draw.choice(["pixel", "band"])
    profile["ENDIANNESS"] = draw.choice(["LITTLE", "LITTLE", "BIG"])
    profile["BIGTIFF"] = draw.choice(["NO", "NO", "YES"])
    if bits:
        profile["NBITS"] = bits
    whole = bits is None or bits == 16
    is_complex = dtype.startswith("complex")
    if codec in ("DEFLATE", "LZW", "ZSTD") and whole and not is_complex and draw.random() < 0.7:
        floats = dtype.startswith("float")
        profile["predictor"] = draw.choice([2, 3] if floats and bits is None else [2])
        if bits == 16:
            profile["predictor"] = 3
    if draw.random() < 0.5:
        profile.update(tiled=True, blockxsize=16 * draw.randint(1, 5), blockysize=16 * draw.randint(1, 5))
    else:
        profile["blockysize"] = 16 * draw.randint(1, 10) if codec == "JPEG" else draw.randint(1, 160)
    if codec == "JPEG":
        profile["JPEG_QUALITY"] = 90
        if count == 3 and draw.random() < 0.7:
            profile.update(photometric="YCBCR", interleave="pixel")
    masking = draw.choice(["none", "none", "nodata", "nodata", "mask", "alpha"])
    if masking == "alpha" and (count not in (2, 4) or codec == "JPEG" or is_complex or not whole):
        masking = "none"
    if masking == "nodata" and codec == "JPEG":
        masking = "mask"
    if masking == "alpha":
        profile["ALPHA"] = "YES"
        if count == 4:
            profile["photometric"] = "RGB"
        if dtype not in ("uint8", "uint16"):
            masking = "none"
    elif count in (2, 4):
        profile["ALPHA"] = "NO"
    if draw.random() < 0.2:
        profile["SPARSE_OK"] = "TRUE"

    array = values(draw, dtype, bits, (count, height, width))
    if codec == "JPEG":
        # Smooth, so that differences between decoders are not those of sharp edges.
        slope = np.add.outer(np.arange(height), np.arange(width)) / 300
        array = np.stack([100 + slope * 40 * (band + 1) for band in range(count)]).astype("uint8")
    elif profile.get("SPARSE_OK"):
        array[:, height // 3 :, :] = 0
    if masking == "nodata":
        nodata = array.flat[draw.randrange(array.size)]
        profile["nodata"] = float(nodata.real if is_complex else nodata)
    if masking == "alpha":
        array[-1] = np.where(np.arange(width) % 7 < 3, 0, array[-1])
    if draw.random() < 0.7:
        profile["crs"] = draw.choice(["EPSG:4326", "EPSG:32628", "EPSG:3857", "EPSG:2154"])
        scale = 0.001 if profile["crs"] == "EPSG:4326" else 10.0
        turn = Affine.rotation(draw.choice([0, 0, 30])) @ Affine.scale(scale, draw.choice([-scale, -scale, scale]))
        profile["transform"] = Affine.translation(3.0, 45.0) @ turn

    # GDAL 3.10 hangs on some overviews of 64-bit integers, and forgets their nodata value.
    has_levels = whole and dtype not in ("int64", "uint64")
    described = draw.random() < 0.4
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        with rasterio.open(path, "w", **profile) as target:
            target.write(array)
            if masking == "mask":
                valid = np.add.outer(np.arange(height), np.arange(width)) % 11 > 4
                target.write_mask(valid)
            if described:
                target.descriptions = [f"band <{band}> é" for band in range(count)]
                target.scales = [0.0001 * (band + 1) for band in range(count)]
                target.offsets = [-0.5 * band for band in range(count)]
            if draw.random() < 0.2:
                target.update_tags(AREA_OR_POINT="Point")
        if draw.random() < 0.4 and has_levels and min(width, height) >= 8:
            with rasterio.open(path, "r+") as target:
                target.build_overviews(draw.choice([[2], [2, 4]]), Resampling.nearest)
        is_cog = draw.random() < 0.15 and codec in ("DEFLATE", "LZW", "ZSTD") and has_levels and not is_complex
        if is_cog:
            path.rename(folder / "source.tif")
            copy(folder / "source.tif", path, driver="COG", compress=codec, blocksize=128)

    what = f"{dtype} {bits} {masking} {'COG' if is_cog else ''} {profile}"
    found = facts(path, folder, number, what, codec == "JPEG")
    return found | {"dtype": "float16"} if bits == 16 else found


def facts(path: pathlib.Path, folder: pathlib.Path, number: int, what: str, is_lossy: bool) -> dict:
    """Returns what GDAL says of a file, and writes its values."""
    with rasterio.open(path) as source:
        is_placed = source.crs and source.transform != Affine.identity()
        corners = [(0, 0), (source.width, 0), (source.width, source.height), (0, source.height)]
        corners = [source.transform @ corner for corner in corners]
        found = dict(
            path=str(path),
            what=what,
            is_lossy=is_lossy,
            sizes=[[source.height, source.width]],
            transform=list(source.transform)[:6],
            has_transform=source.transform != Affine.identity(),
            corners=list(zip(*transform(source.crs, "EPSG:4326", *zip(*corners)))) if is_placed else None,
            epsg=source.crs.to_epsg() if source.crs else None,
            nodata=None if source.nodata is None or np.isnan(source.nodata) else source.nodata,
            descriptions=list(source.descriptions),
            scales=list(source.scales),
            offsets=list(source.offsets),
            colors=[color.name for color in source.colorinterp],
            dtype=source.dtypes[0],
        )
        levels = len(source.overviews(1))
    for level in range(levels + 1):
        array = read(path, level)
        if level > 0:
            found["sizes"].append(list(array.shape[1:]))
        array.astype("<f8").tofile(folder / f"{number}.{level}.f64")
    return found


def main(folder: str, seed: str, count: str, *more: str) -> None:
    target = pathlib.Path(folder)
    files = []
    for number in range(int(count)):
        files.append(draw_file(random.Random(f"{seed} {number}"), target, number))
    for path in more:
        files.append(facts(pathlib.Path(path), target, len(files), path, False))
    (target / "files.json").write_text(json.dumps(files))


if __name__ == "__main__":
    main(*sys.argv[1:])
