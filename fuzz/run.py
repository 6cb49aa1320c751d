#!/usr/bin/env python3
"""Builds the fuzzer and runs its targets.

Each target starts from the cases in `fuzz/cases`, from seeds made of the test data beside
the checkout if it exists, and from the corpus of former runs. A crash, or an input that
takes more than 10 s or more than 1 GB, ends its run and is kept; the exit code is then 1.
"""

import argparse
import gzip
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
CASES = ROOT / "fuzz" / "cases"
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
LARGEST = 1 << 16


def build(is_optimized):
    environment = os.environ | {"RUSTC_WORKSPACE_WRAPPER": str(ROOT / "fuzz" / "rustc.sh")}
    # Other packages or features would compile the dependencies again.
    command = ["cargo", "build", "--workspace", "--locked", "--features", "up42-fuzz/libfuzzer"]
    command += ["--bin", "up42-fuzz"]
    if is_optimized:
        for package in ("up42", "up42-core", "up42-view"):
            command += ["--config", f"profile.dev.package.{package}.opt-level=1"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return BUILT / "debug" / "up42-fuzz"


def seeds(target):
    """Returns inputs made of the test data."""
    files = [path for path in sorted(DATA.glob("*/**/*")) if path.is_file()]
    of = lambda *ends: [path.read_bytes() for path in files if path.name.endswith(ends)]
    match target:
        case "aoi":
            ends = ".geojson", ".geojsonl", ".geojsons", ".kml", ".wkt", ".gpkg", ".fgb", ".parquet"
            yield from of(*ends)
            yield from of("nybb_16a.zip")
        case "archive":
            for packed in of(".tgz", "_tif.zip"):
                yield packed
                if packed.startswith(b"\x1f\x8b"):
                    yield gzip.decompress(packed)[:LARGEST]
        case "data":
            for path in files:
                if path.suffix == ".tgz":
                    with tarfile.open(path) as archive:
                        lists = [member for member in archive if member.name.endswith("data.json")]
                        yield from (archive.extractfile(member).read() for member in lists)
        case "geoparquet":
            yield from of(".parquet")
        case "shapefile":
            for path in files:
                if path.suffix == ".shp":
                    parts = [path.with_suffix(end) for end in (".shp", ".dbf", ".cpg", ".prj")]
                    parts = [part.read_bytes() if part.exists() else b"" for part in parts]
                    yield b"".join(struct.pack("<I", len(part)) + part for part in parts)
        case "stac":
            yield from of(".collection.json", "c18_items.json")
            for path in files:
                if path.suffix == ".ndjson":
                    items = path.read_text().splitlines()[:3]
                    yield from (item.encode() for item in items)
                    page = {"type": "FeatureCollection", "features": [json.loads(item) for item in items]}
                    page["links"] = [{"rel": "next", "href": "?page=2", "method": "GET"}]
                    yield json.dumps(page).encode()
                    yield "\n".join(items).encode()


def fuzz(program, target, seconds, seed=0):
    """Runs a target. Returns a summary, and whether the run was clean."""
    folder = BUILT / "fuzz" / target
    corpus, found = folder / "corpus", folder / "found"
    for path in (corpus, found):
        path.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(target)):
        if len(content) <= LARGEST:
            (corpus / f"seed-{number}").write_bytes(content)
    command = [program, corpus, CASES / target, f"-max_total_time={seconds}", f"-max_len={LARGEST}"]
    command += ["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", f"-artifact_prefix={found}/"]
    command += [f"-seed={seed}"]
    environment = os.environ | {"FUZZ_TARGET": target}
    memory = Path("/dev/shm")
    if memory.is_dir():
        environment["TMPDIR"] = str(memory)
    run = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    told = run.stderr
    (folder / "log").write_text(told)
    if run.returncode:
        again = f"FUZZ_TARGET={target} {program} PATH"
        return f"{target}: failed\n{told[-4000:]}\nrun it again by `{again}`", False
    number = lambda pattern: (re.findall(pattern, told) or ["0"])[-1]
    executions = int(number(r"number_of_executed_units:\s*(\d+)"))
    covered = number(r"cov: (\d+)")
    peak = number(r"peak_rss_mb:\s*(\d+)")
    return f"{target}: {executions:,} executions, {covered} edges, at most {peak} MB", executions > 0


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=20, help="for each target (20)")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count(), help="targets at a time")
    arguments.add_argument("--seed", type=int, default=0, help="for the same inputs again (random)")
    told = "compile for minutes, and run several times as fast: for long runs"
    arguments.add_argument("--optimize", action="store_true", help=told)
    arguments.add_argument("targets", nargs="*", metavar="TARGET", help="all unless named")
    asked = arguments.parse_args()
    targets = asked.targets or sorted(path.name for path in CASES.iterdir())
    program = build(asked.optimize)
    with ThreadPoolExecutor(asked.jobs) as pool:
        runs = pool.map(lambda target: fuzz(program, target, asked.seconds, asked.seed), targets)
        is_good = True
        for told, is_clean in runs:
            print(told, flush=True)
            is_good &= is_clean
    sys.exit(not is_good)


if __name__ == "__main__":
    main()
