"""The LMTP door of this house: whose mail it takes, and where it goes."""

import threading
from collections.abc import Callable
from datetime import timedelta

from config import clock
from config.settings import LmtpSettings
from daemon.house import House, own_addresses
from ingest.lmtp import Door, listen, receive_delivery, same_address

_LEFTOVER_AFTER = timedelta(days=1)


def listener(house: House, settings: LmtpSettings, stop: threading.Event) -> Callable[[], None]:
    """Work of the worker: take mail until told to stop; OSError if the address is taken (another worker has it)."""

    def act() -> None:
        _sweep(house)
        listen(door_of(house, settings), settings.host, settings.port, stop)

    return act


def door_of(house: House, settings: LmtpSettings) -> Door:
    """The door with this house behind it."""
    place = f"{settings.host}:{settings.port}"
    return Door(
        addresses=office_addresses(house),
        limit=settings.message_limit_mib * 1024 * 1024,
        spool=house.work_folder("lmtp"),
        deliver=lambda mail: receive_delivery(house.database, house.store, mail, place=place),
    )


def office_addresses(house: House) -> frozenset[str]:
    """Recipients whose mail is this office's: its own addresses and those of its mailboxes."""
    mailboxes = {mailbox.username for mailbox in house.settings.mailboxes if "@" in mailbox.username}
    return frozenset(same_address(address) for address in own_addresses(house) | mailboxes)


def _sweep(house: House) -> None:
    """Remove what a crash left half received more than a day ago; the other server has kept it."""
    before = (clock.now() - _LEFTOVER_AFTER).timestamp()
    for file in house.work_folder("lmtp").iterdir():
        if file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
