"""How long a mailbox is left alone after failures."""

import pytest

from daemon.polling import LONGEST_PAUSE, pause_after
from ingest.errors import MailboxConnectionLost, MailboxError, MailboxLoginRefused, MailboxTokenRefused


def middle(failures: int, error: Exception, poll_seconds: float = 60) -> float:
    pauses = sorted(pause_after(failures, error, poll_seconds) for _ in range(301))
    assert pauses[-1] <= LONGEST_PAUSE
    assert pauses[0] > 0
    return pauses[150]


def test_pauses_grow_from_seconds_to_a_quarter_of_an_hour() -> None:
    pauses = [middle(failures, MailboxConnectionLost()) for failures in range(1, 12)]
    assert pauses[0] == pytest.approx(10, rel=0.1)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE, rel=0.1)
    assert middle(10**6, OSError()) == pytest.approx(LONGEST_PAUSE, rel=0.1)


def test_two_mailboxes_that_fail_together_do_not_come_back_together() -> None:
    assert len({pause_after(3, MailboxError(), 60) for _ in range(50)}) == 50


@pytest.mark.parametrize("error", [MailboxLoginRefused(), MailboxTokenRefused()])
def test_a_refused_login_is_repeated_much_more_rarely(error: MailboxError) -> None:
    assert [round(middle(failures, error), -1) for failures in (1, 2)] == pytest.approx([60, 240], rel=0.1)
    assert middle(1, error, poll_seconds=0.2) > 45
    for failures in range(1, 10):
        assert middle(failures, error) >= middle(failures, MailboxConnectionLost()) * 0.9
