"""What keeps a program running on this system: one manager for each, with the same four words."""

from __future__ import annotations

import platform

from monitor.adapters.service.manager import Manager, ServiceFailed, State

__all__ = ["Manager", "ServiceFailed", "State", "here"]


def here() -> Manager:
    """The manager of this system."""
    system = platform.system()
    if system == "Darwin":
        from monitor.adapters.service.launchd import Launchd

        return Launchd()
    if system == "Windows":
        from monitor.adapters.service.task_scheduler import TaskScheduler

        return TaskScheduler()
    from monitor.adapters.service.systemd import Systemd

    return Systemd()
