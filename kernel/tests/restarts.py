"""Starts and ends kernels repeatedly, and checks that no processes or folders remain.

    python restarts.py COUNT
"""

import subprocess
import sys
import time
from pathlib import Path

from jupyter_client.manager import KernelManager
from session import PATIENCE, alive, copy_of, descendants, printed, until


def main(count):
    manager = KernelManager(kernel_name="up42")
    manager.start_kernel(stderr=subprocess.DEVNULL)
    seen, copies = set(), set()
    started = time.monotonic()
    for turn in range(count):
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        # Of three kernels, one is ended while the engine loads, and one while a cell runs.
        if turn % 3 != 0:
            client.execute("6 * 7")
            client.get_shell_msg(timeout=PATIENCE)
        if turn % 3 == 1:
            client.execute('println!("going");\nloop {}')
            printed(client, "going")
        processes = [manager.provisioner.pid, *descendants(manager.provisioner.pid)]
        seen.update(processes)
        copies.update(copy for copy in map(copy_of, processes) if copy)
        client.stop_channels()
        if turn + 1 < count:
            manager.restart_kernel()
    manager.shutdown_kernel()
    until(lambda: not alive(seen))
    left = [copy for copy in copies if Path(copy).exists()]
    print(
        f"{count} kernels in {time.monotonic() - started:.0f} s: {len(seen)} processes and {len(copies)} copies, "
        f"of which {len(alive(seen))} and {len(left)} are left"
    )
    sys.exit(1 if alive(seen) or left else 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
