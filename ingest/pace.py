"""How much is asked of a mail server at once: less after the line broke, so that something always gets through."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ingest.errors import MailboxConnectionLost
from ingest.mailbox import UIDS_PER_COMMAND, MessageInfo
from registry.partials import LONGEST_PIECE

MESSAGES_PER_BATCH: Final = 50
BYTES_PER_BATCH: Final = 8 * 1024 * 1024
_FEWEST_BYTES: Final = 16 * 1024
_SLOWER, _FASTER = 4, 2
# So often may the line break where a message was asked for before the message itself is suspected. By then it has
# been asked for alone (50, 12, 3, 1 together) and by the smallest pieces (8 MiB, 2 MiB, 512, 128, 32, 16 KiB).
BREAKS_BEFORE_IT_COUNTS: Final = 5


@dataclass(slots=True)
class Pace:
    """The pace at one mailbox, kept in memory between polls.

    `breaks`: how often the line broke where this message was asked for, alone or together with others. Less is asked
    for of all messages after each break, and still less where it broke before.
    """

    messages: int = MESSAGES_PER_BATCH
    bytes: int = BYTES_PER_BATCH
    breaks: Counter[int] = field(default_factory=Counter)

    def most_bytes(self, uid: int) -> int:
        """How many bytes to ask for at once where this message is among them; a bigger one comes in pieces."""
        allowed = BYTES_PER_BATCH
        for _ in range(min(self.breaks[uid], BREAKS_BEFORE_IT_COUNTS)):
            allowed //= _SLOWER
        return max(_FEWEST_BYTES, min(self.bytes, allowed))

    def piece(self, uid: int) -> int:
        """How many bytes of a big message to ask for at once."""
        return min(self.most_bytes(uid), LONGEST_PIECE)

    def in_order(self, uids: Iterable[int]) -> list[int]:
        """Messages where the line broke come last, so that they keep no other one waiting."""
        return sorted(uids, key=lambda uid: (self.breaks[uid], uid))

    def window(self, uids: Sequence[int]) -> list[int]:
        """The next messages to ask sizes of, from the front of `uids` (which are in order)."""
        breaks = self.breaks[uids[0]]
        trusted = not breaks and self.messages == MESSAGES_PER_BATCH
        length = UIDS_PER_COMMAND if trusted else self._together(uids[0])
        return [uid for uid in uids[:length] if self.breaks[uid] == breaks]

    def batches(self, infos: Iterable[MessageInfo]) -> Iterator[list[MessageInfo]]:
        """Messages to fetch with one command each; one that is bigger than a batch may be is alone."""
        batch: list[MessageInfo] = []
        total = 0
        for info in infos:
            full = batch and (
                len(batch) >= self._together(batch[0].uid) or total + info.size > self.most_bytes(batch[0].uid)
            )
            if full:
                yield batch
                batch, total = [], 0
            batch.append(info)
            total += info.size
        if batch:
            yield batch

    @contextmanager
    def watching(self, uids: Sequence[int]) -> Iterator[None]:
        """Slow down if the line breaks while these messages are asked for."""
        try:
            yield
        except MailboxConnectionLost:
            self.messages = max(1, self.messages // _SLOWER)
            self.bytes = max(_FEWEST_BYTES, self.bytes // _SLOWER)
            self.breaks.update(uids)
            raise

    def got(self, uids: Iterable[int]) -> None:
        """These messages came through: speed up again."""
        self._speed_up()
        for uid in uids:
            self.breaks.pop(uid, None)

    def got_piece(self, uid: int) -> None:
        """A piece of this message came through."""
        self._speed_up()
        if self.breaks[uid]:
            self.breaks[uid] -= 1

    def _speed_up(self) -> None:
        self.messages = min(MESSAGES_PER_BATCH, self.messages * _FASTER)
        self.bytes = min(BYTES_PER_BATCH, self.bytes * _FASTER)

    def suspected(self) -> list[int]:
        """Messages where the line broke too often for chance."""
        return [uid for uid, times in self.breaks.items() if times > BREAKS_BEFORE_IT_COUNTS]

    def keep_only(self, uids: Iterable[int]) -> None:
        """Forget all messages but these."""
        wanted = set(uids)
        for uid in [uid for uid in self.breaks if uid not in wanted]:
            del self.breaks[uid]

    def _together(self, uid: int) -> int:
        """With how many others like it this message may be asked for."""
        allowed = MESSAGES_PER_BATCH
        for _ in range(min(self.breaks[uid], 3)):
            allowed //= _SLOWER
        return max(1, min(self.messages, allowed))
