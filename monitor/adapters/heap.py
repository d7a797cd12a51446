"""The C library's memory, for a process that runs for months."""

from __future__ import annotations

import sys

_M_ARENA_MAX = -8  # malloc.h of glibc


def share_one_heap() -> None:
    """Let all threads to come take their memory from one heap, where the C library is glibc; elsewhere nothing.

    It gives threads heaps of their own, up to eight for each processor, and what one of them has free no other uses:
    with threads that come and go for every question a daemon grew by half a MiB a day. Source: mallopt(3).
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
