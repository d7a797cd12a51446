"""The daemon's memory: threads that come and go share one heap."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import ctypes, sys, threading
from monitor.adapters.heap import share_one_heap
if sys.argv[2] == "shared":
    share_one_heap()
together = threading.Barrier(8)
def work():
    kept = [bytes(5000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has several heaps")
@pytest.mark.parametrize("how", ["shared", "as they come"])
def test_threads_share_one_heap(tmp_path: Path, how: str) -> None:
    told = tmp_path / "malloc.xml"
    subprocess.run([sys.executable, "-c", THREADS, str(told), how], check=True)
    assert (told.read_text().count("<heap nr=") == 1) == (how == "shared")
