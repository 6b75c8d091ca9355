"""Looking at processes: whose children they are, whether they run, what they hold open."""

import os
from pathlib import Path

from ingest import child_template
from ingest.child_template import Template


def children_of(pid: int) -> list[int]:
    """Process numbers of the children of a process, zombies included."""
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(number) for number in tasks.read_text().split()]
    return found


def is_running(pid: int) -> bool:
    """Whether there is such a process and it is no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def thread_count(pid: int) -> int:
    """How many threads a process has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def open_sockets(pid: int) -> int:
    """How many sockets a process has open."""
    found = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += os.readlink(link).startswith("socket:")
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


def environment_of(pid: int) -> dict[str, str]:
    """The environment a process was started with."""
    lines = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(line.split("=", 1) for line in lines if line)


def template_of(task: str) -> Template:
    """The template process of this test run for a task, started if need be."""
    return child_template._template_for(task)
