"""How much is asked of a mail server at once, on good lines and on bad ones."""

import pytest

from config import clock
from ingest.errors import MailboxConnectionLost
from ingest.mailbox import UIDS_PER_COMMAND, MessageInfo
from ingest.pace import BREAKS_BEFORE_IT_COUNTS, BYTES_PER_BATCH, MESSAGES_PER_BATCH, Pace
from registry.partials import LONGEST_PIECE

MIB = 1024 * 1024


def infos(*sizes: int) -> list[MessageInfo]:
    return [MessageInfo(uid, size, clock.now()) for uid, size in enumerate(sizes, start=1)]


def break_at(pace: Pace, uids: list[int]) -> None:
    with pytest.raises(MailboxConnectionLost), pace.watching(uids):
        raise MailboxConnectionLost


def lengths(pace: Pace, *sizes: int) -> list[int]:
    return [len(batch) for batch in pace.batches(infos(*sizes))]


def test_a_batch_holds_fifty_messages_or_eight_mebibytes() -> None:
    pace = Pace()
    assert lengths(pace, *[5_000] * 120) == [50, 50, 20]
    assert lengths(pace, *[3 * MIB] * 5) == [2, 2, 1]
    assert lengths(pace, 9 * MIB, 1, 1, 9 * MIB) == [1, 2, 1]
    assert lengths(pace) == []


def test_on_a_line_that_keeps_breaking_less_and_less_is_asked_for_down_to_one_small_piece() -> None:
    pace = Pace()
    asked = []
    for uid in range(6):
        break_at(pace, [uid])
        asked.append((pace.messages, pace.piece(99)))
    assert asked[0] == (12, LONGEST_PIECE)
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] == (1, 16 * 1024)


def test_what_comes_through_speeds_up_again_and_not_without_end() -> None:
    pace = Pace()
    for uid in range(10):
        break_at(pace, [uid])
    for uid in range(20):
        pace.got([uid])
    assert (pace.messages, pace.bytes, pace.piece(1)) == (MESSAGES_PER_BATCH, BYTES_PER_BATCH, LONGEST_PIECE)


def test_of_a_message_where_the_line_breaks_less_is_asked_for_while_others_come_in_full() -> None:
    pace = Pace()
    asked = []
    for _ in range(6):
        break_at(pace, [7])
        for uid in range(100, 120):
            pace.got([uid])  # the line is good
        asked.append(pace.most_bytes(7) // 1024)
        assert pace.most_bytes(8) == BYTES_PER_BATCH
    assert asked == [2048, 512, 128, 32, 16, 16]
    for piece in (16, 32, 128, 512, 1024, 1024):
        pace.got_piece(7)
        assert pace.piece(7) // 1024 >= piece
    assert pace.breaks[7] == 0


def test_messages_where_the_line_broke_come_last_and_fewer_together_each_time() -> None:
    pace, uids = Pace(), list(range(1, 101))
    for together in (12, 3, 1, 1):
        break_at(pace, [7, 8])
        pace.got([1])
        pace.messages = MESSAGES_PER_BATCH  # the line is good; it is these two
        assert pace.in_order(uids) == [*(uid for uid in uids if uid not in (7, 8)), 7, 8]
        assert pace.window([7, 8]) == [7, 8][:together]
    assert pace.window(pace.in_order(uids)) == [uid for uid in uids if uid not in (7, 8)]


def test_sizes_are_asked_of_five_hundred_messages_at_once() -> None:
    assert len(Pace().window(range(1, 2_000))) == UIDS_PER_COMMAND


def test_a_message_is_suspected_when_the_line_broke_there_too_often_for_chance() -> None:
    pace = Pace()
    for _ in range(BREAKS_BEFORE_IT_COUNTS):
        break_at(pace, [3])
    assert pace.suspected() == []
    break_at(pace, [3])
    assert pace.suspected() == [3]
    pace.got([3])
    assert pace.suspected() == []
    break_at(pace, [3])
    pace.keep_only([4])
    assert pace.breaks == {}
