"""Locks keep two processes off the same work and never outlive their holder."""

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.errors import AlreadyRunning
from daemon.locks import hold, is_held

HOLDER = "import sys; from daemon.locks import hold; from pathlib import Path; lock = hold(Path(sys.argv[1])); " + (
    "print('held', flush=True); sys.stdin.read()"
)


def test_a_lock_is_held_until_it_is_let_go(tmp_path: Path) -> None:
    lock = tmp_path / "locks" / "run.lock"
    assert not is_held(lock)
    with hold(lock):
        assert is_held(lock)
        with pytest.raises(AlreadyRunning) as refused:
            hold(lock)
    assert not is_held(lock)
    hold(lock).close()
    assert str(lock) in str(refused.value)
    assert "rulează deja" in str(refused.value)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "worker.lock"
    root = Path(__file__).resolve().parent.parent.parent
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert is_held(lock)
        holder.kill()
        holder.wait()
        assert not is_held(lock)
