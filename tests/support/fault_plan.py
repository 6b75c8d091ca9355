"""What will happen to a mailbox and to those who read it, drawn from a seed: the same seed, the same plan."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Way(StrEnum):
    """How mails arrive."""

    DROP = "drop"  # a file in the maildir, whether or not the server runs
    APPEND = "append"
    LMTP = "lmtp"


class Fault(StrEnum):
    """What breaks."""

    KILL = "kill"  # SIGKILL of a receiver
    CUT = "cut"  # the line breaks after so many bytes
    SILENCE = "silence"  # the line passes nothing on for longer than the read timeout
    SLOW = "slow"
    SERVER_FROZEN = "server-frozen"
    SERVER_KILLED = "server-killed"
    RECEIVER_FROZEN = "receiver-frozen"
    INDEX_LOST = "index-lost"  # together with a killed server: a restored backup
    INDEX_LOST_LIVE = "index-lost-live"  # under the sessions that use it
    RECORD_KILLED = "record-killed"  # PostgreSQL only


class Staff(StrEnum):
    """What people do in the same mailbox with another mail program."""

    READ = "read"
    FLAG = "flag"
    DELETE = "delete"
    MOVE = "move"
    MOVE_BACK = "move-back"
    SECOND_RECEIVER = "second-receiver"  # a second Cabinet is started on the same mailbox


@dataclass(frozen=True, slots=True)
class Burst:
    """So many mails by one way; `padding` bytes are added to each, `twice`: the same bytes are delivered again."""

    way: Way
    padding: tuple[int, ...]
    twice: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that breaks or is done: `after` seconds, with an amount (bytes of a cut, else a choice in 0..1e6)."""

    what: Fault | Staff
    after: float
    amount: int


_FAULTS: Final = {
    Fault.KILL: 30,
    Fault.CUT: 28,
    Fault.SILENCE: 3,
    Fault.SLOW: 3,
    Fault.SERVER_FROZEN: 3,
    Fault.RECEIVER_FROZEN: 3,
    Fault.SERVER_KILLED: 14,
    Fault.INDEX_LOST: 8,
    Fault.INDEX_LOST_LIVE: 8,
}
_STAFF: Final = {
    Staff.READ: 3,
    Staff.FLAG: 2,
    Staff.DELETE: 4,
    Staff.MOVE: 3,
    Staff.MOVE_BACK: 2,
    Staff.SECOND_RECEIVER: 5,
}
_BIG: Final = 9 * 1024 * 1024
MAILS_PER_BIG_ONE: Final = 150


def draw(seed: int, faults: int, *, record_may_die: bool = False) -> list[Burst | Happening]:
    """A plan with so many faults, mail before each of them, and staff at work in between."""
    chance = random.Random(seed)
    weights = _FAULTS | ({Fault.RECORD_KILLED: 4} if record_may_die else {})
    plan: list[Burst | Happening] = []
    for _ in range(faults):
        plan.append(_burst(chance))
        if chance.random() < 0.4:
            plan.append(_happening(chance, _STAFF))
        plan.append(_happening(chance, weights))
    plan.append(_burst(chance))
    return plan


def _burst(chance: random.Random) -> Burst:
    sizes = [int(10 ** chance.uniform(1, 4.7)) for _ in range(chance.randint(1, 7))]
    if chance.random() < len(sizes) / MAILS_PER_BIG_ONE:
        sizes[0] = _BIG
    return Burst(chance.choice(list(Way)), tuple(sizes), twice=chance.random() < 0.1)


def _happening(chance: random.Random, weights: Mapping[Any, int]) -> Happening:
    what = chance.choices(list(weights), list(weights.values()))[0]
    amount = int(10 ** chance.uniform(1.5, 5)) if what is Fault.CUT else chance.randrange(1_000_000)
    return Happening(what, chance.uniform(0, 0.08), amount)
