"""The loop that acknowledges letters by the rule of the office."""

from collections.abc import Callable

import structlog

from config import clock
from daemon.house import House
from responders import acknowledge

log = structlog.get_logger()


def acknowledger(house: House) -> Callable[[], object]:
    """One look for letters that wait for their acknowledgement; what it queues leaves like any approved reply.

    A rule for which nobody answers any more is said once in the log (and by `acknowledge.alarm` on the screen).
    """
    stopped = False

    def look() -> None:
        nonlocal stopped
        now = clock.now()
        # Most looks find nothing: look first, so that SQLite's one writer is not kept busy for nothing.
        with house.database.read() as session:
            alarmed = bool(acknowledge.alarm(session))
            due = acknowledge.waiting(session, house.tables, house.settings, now)
        if alarmed and not stopped:
            log.error("acknowledgements_stopped")
        stopped = alarmed
        if due:
            with house.database.write() as session:
                acknowledge.acknowledge_waiting(session, house.tables, house.settings, now)

    return look
