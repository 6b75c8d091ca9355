from pathlib import Path

import pytest

from ingest.child import Limits
from ingest.errors import ChildError
from ingest.message import take_apart
from tests.support.mails import PDF, Container, file, mail, text


def test_a_mail_is_taken_apart_in_a_child_process(tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(mail(Container([text("Bună ziua"), file(PDF, name="cerere.pdf")])))
    message = take_apart(tmp_path / "mail", tmp_path / "parts", own_addresses={"STEFANIA@example.ro"})
    assert (message.text, message.machine_rule) == ("Bună ziua", "own_message")
    assert (tmp_path / "parts" / message.parts[0].stored_name).read_bytes() == PDF


def test_a_mail_of_fifty_megabytes_stays_within_the_limits(tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(mail(Container([text("Bună ziua"), file(PDF + b"x" * 37_000_000, name="a.pdf")])))
    message = take_apart(tmp_path / "mail", tmp_path / "parts")
    assert message.parts[0].size == len(PDF) + 37_000_000


def test_the_end_of_the_child_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "mail").write_bytes(mail())
    with pytest.raises(ChildError):
        take_apart(tmp_path / "mail", tmp_path / "parts", Limits(memory=1024**3, wall_seconds=0.001))
