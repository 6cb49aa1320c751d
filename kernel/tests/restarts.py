"""Starts and ends kernels, again and again, and looks for what they leave behind.

    python restarts.py COUNT
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from jupyter_client.manager import KernelManager
from session import PATIENCE, alive, descendants


def main(count):
    kernels = Path(os.environ["UP42_HOME"]) / "kernels"
    manager = KernelManager(kernel_name="up42")
    manager.start_kernel(stderr=subprocess.DEVNULL)
    seen = set()
    started = time.monotonic()
    for round in range(count):
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        # Each third is ended while the engine loads, while a cell runs, or after it.
        if round % 3 != 0:
            client.execute("6 * 7")
            client.get_shell_msg(timeout=PATIENCE)
        if round % 3 == 1:
            client.execute("loop {}")
            time.sleep(1)
        pid = manager.provisioner.pid
        seen.update([pid, *descendants(pid)])
        client.stop_channels()
        if round + 1 < count:
            manager.restart_kernel()
    manager.shutdown_kernel()
    deadline = time.monotonic() + 30
    while alive(seen) and time.monotonic() < deadline:
        time.sleep(0.2)
    left = [path.name for path in kernels.iterdir() if path.is_dir()]
    print(f"{count} kernels in {time.monotonic() - started:.0f} s: {len(seen)} processes, "
          f"{len(alive(seen))} of them left; copies left: {len(left)}")
    sys.exit(1 if alive(seen) or left else 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
