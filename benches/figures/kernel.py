"""Starts a kernel through Jupyter a number of times, and prints the durations and sizes as
JSON.

    python kernel.py PLAN

PLAN is a JSON file: `argv` and `env` of a kernelspec, `runs`, `first`, `cells` by name,
`prepare`, and `notebook` with its folder `cwd`, or none. With `finds_rust` the library path
of Rust's standard library is set.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

REPEAT = 3


def main(plan):
    told = {}
    for _ in range(plan["runs"]):
        for name, seconds in once(plan).items():
            told.setdefault(name, []).extend(seconds)
    print(json.dumps(told))


def once(plan):
    with tempfile.TemporaryDirectory() as folder:
        spec = pathlib.Path(folder) / "kernels" / "measured"
        spec.mkdir(parents=True)
        kernel = {key: plan[key] for key in ("argv", "env")}
        kernel |= {"display_name": "measured", "language": "", "interrupt_mode": "message"}
        if plan.get("finds_rust"):
            kernel["env"] |= rust()
        (spec / "kernel.json").write_text(json.dumps(kernel))
        manager = KernelManager(kernel_name="measured")
        manager.kernel_spec_manager = KernelSpecManager(kernel_dirs=[str(spec.parent)])
        with open(pathlib.Path(folder) / "log", "w") as log:
            return measure(plan, manager, log)


def rust():
    """Returns the library path for plain evcxr: its cells search the standard library at a path
    that is one level off if both are in the same home."""
    asked = subprocess.run(["rustc", "--print", "target-libdir"], check=True, capture_output=True, text=True)
    names = {"win32": "PATH", "darwin": "DYLD_FALLBACK_LIBRARY_PATH"}
    name = names.get(sys.platform, "LD_LIBRARY_PATH")
    return {name: os.pathsep.join(filter(None, [asked.stdout.strip(), os.environ.get(name)]))}


def measure(plan, manager, log):
    started = time.monotonic()
    manager.start_kernel(cwd=plan["cwd"], stdout=log, stderr=log)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=3000)
        # Our kernel answers a kernel info request while evcxr loads, but this request only when
        # cells can run.
        request = client.is_complete("")
        while client.get_shell_msg(timeout=3000)["parent_header"].get("msg_id") != request:
            pass
        told = {"ready": [time.monotonic() - started]}
        for cell in plan["load"]:
            run(client, cell)
        run(client, plan["first"])
        told["first"] = [time.monotonic() - started]
        for cell in plan["prepare"]:
            run(client, cell)
        for name, cell in plan["cells"].items():
            run(client, cell)
            told[name] = [run(client, cell) for _ in range(REPEAT)]
        if plan["notebook"]:
            results = []
            told["run_all"] = [sum(run(client, cell, results) for cell in sources(plan["notebook"]))]
            told["results"] = [len(results)]
        told["memory"] = [memory(manager)]
        return told
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, cell, results=None):
    """Runs a cell, which must not fail, and returns its seconds. Its result is recorded."""
    outputs = []
    started = time.monotonic()
    reply = client.execute_interactive(cell, timeout=3000, output_hook=outputs.append)
    seconds = time.monotonic() - started
    if reply["content"]["status"] != "ok":
        sys.exit(f"a cell failed: {cell}\n{reply['content']}")
    if results is not None:
        results.extend(one for one in outputs if one["msg_type"] == "execute_result")
    return seconds


def sources(notebook):
    cells = json.loads(pathlib.Path(notebook).read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def memory(manager):
    """Returns the memory of the kernel and its descendants, in MB; shared memory counts once."""
    kernel = psutil.Process(manager.provisioner.pid)
    processes = [kernel, *kernel.children(recursive=True)]
    total = 0
    for process in processes:
        told = process.memory_full_info()
        total += getattr(told, "pss", told.uss)
    return total / 1e6


if __name__ == "__main__":
    main(json.loads(pathlib.Path(sys.argv[1]).read_text()))
