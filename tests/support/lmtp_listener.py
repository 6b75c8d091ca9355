"""A listener as a process of its own: `python -m tests.support.lmtp_listener PORT [kept|unkept|small]`.

`kept` kills it after the first letter is committed, before the answer; `unkept` after the bytes are durable, before the
commit. `small` lets no file grow beyond 2 MiB, as a full disk would. Its settings come from the environment.
"""

import os
import resource
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from config.settings import LmtpSettings, load_settings
from daemon.house import open_house
from daemon.lmtp import door_of
from ingest.lmtp import listen

if __name__ == "__main__":
    port, how = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    house = open_house(load_settings())
    door = door_of(house, LmtpSettings(port=port))
    deliver = door.deliver

    def dying(mail: Path) -> None:
        if how == "unkept":
            house.store.take(mail)
        else:
            deliver(mail)
        os.kill(os.getpid(), signal.SIGKILL)

    if how == "small":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 1024 * 1024, 2 * 1024 * 1024))
    listen(replace(door, deliver=dying) if how in ("kept", "unkept") else door, "127.0.0.1", port, threading.Event())
