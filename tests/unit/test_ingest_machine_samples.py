"""Written samples of machine mail and of letters that look like it; the folder of each says what it is.

A sample is added by putting a file into `tests/samples/machine-mail/<kind>/`. In `weak/` are mails of which only the
words of the subject speak: they are marked and go the whole way.
"""

from pathlib import Path

import pytest

from ingest.checks import sorts_out
from ingest.message import Message, take_apart_file

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "machine-mail"
OURS = "cabinet.0a1b2c3d4e5f60718293a4b5c6d7e8f9@medias.example"
FILES = sorted(SAMPLES.rglob("*.eml"))


def read(path: Path, folder: Path) -> Message:
    answer = take_apart_file(
        {
            "path": str(path),
            "parts_folder": str(folder),
            "own_addresses": ["primaria@medias.example"],
            "own_domain": "medias.example",
        }
    )
    return Message.from_json(answer)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_is_taken_for_what_it_is(path: Path, tmp_path: Path) -> None:
    message = read(path, tmp_path)
    kind = path.parent.name
    if kind == "weak":
        assert message.machine_rule == "subject_pattern"
        assert not sorts_out(message.machine_kind, message.machine_rule)
        return
    assert message.machine_kind == ("" if kind == "person" else kind)
    hidden = sorts_out(message.machine_kind, message.machine_rule)
    assert hidden == (kind not in {"person", "list", "no-reply"})


def test_there_are_samples_of_every_kind() -> None:
    assert len(FILES) >= 100
    assert {path.parent.name for path in FILES} == {
        *("bounce", "auto-reply", "report", "own", "bulk", "list", "no-reply", "weak", "person")
    }


@pytest.mark.parametrize(
    ("name", "action", "status"),
    [
        ("bounce/postfix-user-unknown", "failed", "5.1.1"),
        ("bounce/postfix-delayed", "delayed", "4.4.1"),
        ("bounce/postfix-expanded-multi", "failed", "5.2.2"),
        ("bounce/exim-4", "failed", "5.0.0"),
        ("bounce/exim-4-report", "failed", "5.0.0"),
        ("bounce/exchange-online", "failed", "5.1.10"),
        ("bounce/gmail", "failed", "5.1.1"),
        ("bounce/gmail-delay", "delayed", "4.4.1"),
        ("bounce/yahoo-text-only", "failed", "5.0.0"),
        ("bounce/qmail", "failed", "5.1.1"),
        ("bounce/sendmail-old", "failed", "5.1.1"),
        ("auto-reply/outlook-romanian", "", ""),
        ("auto-reply/gmail-vacation", "", ""),
        ("report/mdn-displayed", "displayed", ""),
        ("report/arf-complaint", "abuse", ""),
    ],
)
def test_a_report_names_our_letter_and_what_became_of_it(name: str, action: str, status: str, tmp_path: Path) -> None:
    report = read(SAMPLES / f"{name}.eml", tmp_path).report
    assert report is not None
    assert report.mentions == (OURS,)
    assert (report.action, report.status) == (action, status)


def test_a_server_that_gives_new_identifiers_is_understood_by_our_loop_field(tmp_path: Path) -> None:
    report = read(SAMPLES / "bounce" / "exchange-online.eml", tmp_path).report
    assert report is not None
    assert report.message_id.startswith("rewritten@")
    assert report.mentions == (OURS,)


def test_a_bounce_of_mail_that_was_never_ours_names_nothing_of_ours(tmp_path: Path) -> None:
    report = read(SAMPLES / "bounce" / "backscatter-of-forged-mail.eml", tmp_path).report
    assert report is not None
    assert report.mentions == ()
