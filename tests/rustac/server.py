"""Three real STAC servers that differ in paging, filtering and sorting.

    python tests/rustac/server.py ITEMS

serves the items of each `*.ndjson` in the folder ITEMS, and prints a line of JSON with the
URLs:

- `memory`, rustac with the items in memory: neither filters nor sorts;
- `duckdb`, rustac with a GeoParquet file: answers with one page;
- `geoparquet`, stac-fastapi-geoparquet: filters by CQL2, and sorts by names without a prefix
  within each collection.

They stop when standard input is closed, which happens when their parent process ends.
"""

import asyncio
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

EXTENSIONS = ["icu", "json", "parquet", "spatial"]
GEOPARQUET = "application/vnd.apache.parquet"


def main(items: pathlib.Path) -> None:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="up42-rustac-"))
    found = {}
    for file in sorted(items.glob("*.ndjson")):
        for line in filter(str.strip, file.read_text("utf-8").splitlines()):
            item = json.loads(line)
            found.setdefault(item["collection"], []).append(item)
    every = [item for collection in found.values() for item in collection]
    asyncio.run(write(folder, found, every))
    home = extensions(folder)
    memory, duckdb = [rustac(folder / name, home) for name in ["items.json", "items.parquet"]]
    processes = [process for process, _ in [memory, duckdb]]
    geoparquet = serve(folder, home)
    urls = {"memory": memory[1], "duckdb": duckdb[1], "geoparquet": geoparquet}
    for url in urls.values():
        wait(url, processes)
    print(json.dumps(urls), flush=True)
    sys.stdin.buffer.read()
    for process in processes:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


async def write(folder: pathlib.Path, found: dict[str, list], every: list) -> None:
    from rustac import write

    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": every}), "utf-8")
    await write(str(folder / "items.parquet"), every)
    collections = []
    for name, items in found.items():
        file = folder / f"{name}.parquet"
        await write(str(file), items)
        extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
        collection = {"type": "Collection", "id": name, "stac_version": "1.0.0", "description": name, "license": "other"}
        assets = {"data": {"href": str(file), "type": GEOPARQUET}}
        collections.append(collection | {"extent": extent, "links": [], "assets": assets})
    (folder / "collections.json").write_text(json.dumps(collections), "utf-8")


def extensions(folder: pathlib.Path) -> pathlib.Path:
    """Creates a home folder with DuckDB's extensions, which it would otherwise download."""
    for name in EXTENSIONS:
        package = pathlib.Path(importlib.util.find_spec(f"duckdb_extension_{name}").origin).parent
        [file] = package.glob(f"extensions/*/{name}.duckdb_extension")
        for platform in ["linux_amd64", "linux_arm64", "osx_amd64", "osx_arm64"]:
            there = folder / ".duckdb" / "extensions" / file.parent.name / platform
            there.mkdir(parents=True, exist_ok=True)
            (there / file.name).symlink_to(file)
    return folder


def rustac(items: pathlib.Path, home: pathlib.Path) -> tuple[subprocess.Popen, str]:
    """Starts rustac on a file; it stops with this process. Returns the process and its URL."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, __file__, "serve", "--addr", address, "--create-collections", items]
    process = subprocess.Popen(command, env=os.environ | {"HOME": str(home)}, stdin=subprocess.PIPE, stdout=sys.stderr)
    return process, f"http://{address}"


def run_rustac() -> None:
    """Runs rustac with the arguments of this program, beside a process that kills it when
    standard input is closed."""
    if os.fork() == 0:
        sys.stdin.buffer.read()
        os.kill(os.getppid(), 9)
        os._exit(0)
    import rustac

    rustac.main()


def serve(folder: pathlib.Path, home: pathlib.Path) -> str:
    import uvicorn
    from rustac import DuckdbClient
    from stac_fastapi.geoparquet import Settings
    from stac_fastapi.geoparquet.api import create

    settings = Settings(
        stac_fastapi_landing_id="geoparquet",
        stac_fastapi_title="geoparquet",
        stac_fastapi_description="Items in GeoParquet",
        stac_fastapi_collections_href=str(folder / "collections.json"),
        stac_fastapi_collections_reload_seconds=1_000_000,
    )
    client = DuckdbClient(extension_directory=home / ".duckdb" / "extensions", install_extensions=False)
    port = free_port()
    config = uvicorn.Config(create(settings, client).app, host="127.0.0.1", port=port, log_level="warning", log_config=None)
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()
    return f"http://127.0.0.1:{port}"


def wait(url: str, processes: list[subprocess.Popen]) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if any(process.poll() is not None for process in processes):
                break
            time.sleep(0.1)
    for process in processes:
        process.kill()
    sys.exit(f"{url} does not answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        run_rustac()
    else:
        main(pathlib.Path(sys.argv[1]).resolve())
