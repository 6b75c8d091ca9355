"""One letter's way through the house, top to bottom; each line is a durable step.

`run.compute` steps read files, start limited child processes or talk to servers and may run again after a crash;
`run.record` steps write to the record in one transaction and count exactly once. The same functions run in order
without the engine (`daemon.running.PlainRunner`).
"""

from daemon.running import Runner
from daemon.steps.archive import make_copy, record_copy
from daemon.steps.case import draft_answer, open_or_join_case
from daemon.steps.dispatch import claim_dispatch, send_dispatch, settle_dispatch
from daemon.steps.likeness import find_similar, record_similar
from daemon.steps.notices import record_notice
from daemon.steps.pages import read_part, record_pages, record_text
from daemon.steps.parts import record_parts, take_letter_apart
from daemon.steps.revision import (
    pages_to_turn,
    read_turned_page,
    record_revised_decision,
    record_revised_text,
    record_turned_page,
    revision_round,
)
from daemon.steps.splitting import plan_split, record_split
from daemon.steps.understanding import record_decision, understand_letter


def process_letter(run: Runner, letter_id: int) -> None:
    """From a registered letter to a drafted reply. The letter already has its number and its bytes are safe."""
    taken = run.compute(take_letter_apart, letter_id)
    parts = run.record(record_parts, letter_id, taken)
    if parts["machine_mail"]:
        run.record(record_notice, letter_id, taken)
        return  # visible in the desk, never acknowledged
    for part_id in parts["to_read"]:
        run.record(record_pages, part_id, run.compute(read_part, part_id))
    _turn_pages(run, letter_id)
    run.record(record_split, letter_id, run.compute(plan_split, letter_id))
    run.record(record_text, letter_id)
    similar = run.compute(find_similar, letter_id)
    run.record(record_decision, letter_id, run.compute(understand_letter, letter_id), similar)
    run.record(open_or_join_case, letter_id)
    run.record(record_similar, letter_id, similar)
    run.record(draft_answer, letter_id)
    run.record(record_copy, letter_id, run.compute(make_copy, letter_id))


def revise_letter(run: Runner, letter_id: int) -> None:
    """After people changed pages of a letter: its text, what is understood of it and its archive copy, made anew."""
    asked = run.compute(revision_round, letter_id)
    if not asked:
        return  # done by an earlier request
    _turn_pages(run, letter_id)
    run.record(record_split, letter_id, run.compute(plan_split, letter_id))
    run.record(record_revised_text, letter_id, asked, run.compute(take_letter_apart, letter_id))
    similar = run.compute(find_similar, letter_id)
    run.record(record_revised_decision, letter_id, asked, run.compute(understand_letter, letter_id))
    run.record(record_similar, letter_id, similar)
    run.record(record_copy, letter_id, run.compute(make_copy, letter_id))


def dispatch_reply(run: Runner, outbox_id: int) -> None:
    """From an approved reply to the mail server, never twice: what a crash leaves in doubt a person decides."""
    attempt = run.record(claim_dispatch, outbox_id)
    if attempt is None:
        return  # stopped, taken back or already on its way
    run.record(settle_dispatch, outbox_id, run.compute(send_dispatch, outbox_id, attempt))


def _turn_pages(run: Runner, letter_id: int) -> None:
    """Pages that people turned are read as they then stand, also when the whole letter is read again."""
    for name in run.compute(pages_to_turn, letter_id) or []:
        run.record(record_turned_page, letter_id, name, run.compute(read_turned_page, letter_id, name))
