"""From the moment something is due to the moment its warning arrives, with the daemon as it is: how long it takes.

Run from the project's folder: python benchmarks/waking.py [TIMES], 20 when left out; about a quarter of a minute each.
A machine that wakes goes on in the middle of a wait of its daemon, for the clock that wait is measured by stood
still: so the moment falls anywhere between two ticks here, too. Exits with 1 when one took longer than 35 seconds.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from watch import Watch, until  # noqa: E402 - the paths must be known first

MOST_SECONDS = 35.0
TICK_SECONDS = 30.0


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    dice = random.Random(3)
    took: list[float] = []
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append(f"{said['title']}\n{said['body']}")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with tempfile.TemporaryDirectory(prefix="parcelwarden-waking-") as folder:
        address = f"http://127.0.0.1:{server.server_port}/"
        watch = Watch(Path(folder), f'[notify]\ndesktop = false\nwebhook = "{address}"\n')
        with watch.running():
            for n in range(times):
                time.sleep(dice.uniform(0, TICK_SECONDS))
                order = f"81900000000{n:05d}"
                watch.add(order)
                began = time.monotonic()
                until(lambda: any(f"..{order[-8:]}" in text for text in heard))  # noqa: B023 - called here
                took.append(time.monotonic() - began)
    server.shutdown()
    server.server_close()
    thread.join()
    print(f"{times} warnings: {statistics.median(took):.1f} s in the middle, {max(took):.1f} s at most")
    return int(max(took) > MOST_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
