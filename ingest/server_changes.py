"""After a message has become a letter: flag it on the server or move it, if the settings ask for that.

An outbox: each ledger row of a committed letter gets one action, which is repeated with longer and longer pauses until
a search confirms it. A try is counted in the record before its command is sent, so neither a server that always breaks
off nor two workers can repeat one without end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import compat32
from enum import StrEnum
from typing import Any, Final, cast

import structlog
from sqlalchemy import CursorResult, update
from sqlmodel import Session, col, exists, func, or_, select

from config import clock
from config.settings import MailboxSettings
from ingest.addresses import message_ids
from ingest.connection import MailboxAccount
from ingest.errors import ChangeError, ChangeNotSeen, ChangeUnsupported
from ingest.folder_editor import FolderEditor, Print
from ingest.folder_ledger import place_name
from ingest.headers import FIELD_LIMIT, raw_values
from registry.database import Database
from registry.letters import Outcome, Source
from registry.models import LedgerEntry, MailboxAction, MailboxState, RawFile
from registry.store import FileStore

FLAG, MOVE, LEAVE = "flag", "move", "leave"
TRIES: Final = 8
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)
AT_ONCE: Final = 100
PER_ROUND: Final = 1000
# What can stand in a SEARCH without quoting.
_SEARCHABLE: Final = re.compile(r"[A-Za-z0-9.!#$&'+/=?^_`|~@-]{3,200}")

log = structlog.get_logger()


class ActionState(StrEnum):
    """What has become of one change on the server."""

    WAITING = "waiting"
    DONE = "done"
    GONE = "gone"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Changes:
    """What one round brought: changes confirmed, messages no longer there, changes given up, changes still to do."""

    done: int = 0
    gone: int = 0
    given_up: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        """How many were due."""
        return self.done + self.gone + self.given_up + self.waiting


def plan(session: Session, mailbox: MailboxSettings, now: datetime) -> int:
    """Make an action for each message of this mailbox that is a letter and has none; returns how many.

    Only messages of the folder's present UIDVALIDITY. Actions that wait follow a change of the settings.
    """
    state = session.get(MailboxState, (mailbox.name, mailbox.folder))
    if mailbox.after_registration == LEAVE or state is None or state.uidvalidity is None:
        return 0
    _follow_settings(session, mailbox, now)
    rows = session.exec(
        select(LedgerEntry.id, LedgerEntry.key)
        .where(
            LedgerEntry.source == Source.MAILBOX,
            LedgerEntry.place == place_name(mailbox.name, mailbox.folder, state.uidvalidity),
            col(LedgerEntry.outcome).in_([str(Outcome.STORED), str(Outcome.DUPLICATE)]),
            col(LedgerEntry.letter_id).is_not(None),
            col(LedgerEntry.sha256).is_not(None),
            ~exists().where(col(MailboxAction.ledger_id) == col(LedgerEntry.id)),
        )
        .order_by(col(LedgerEntry.id))
        .limit(PER_ROUND)
    ).all()
    for ledger_id, key in rows:
        assert ledger_id is not None
        session.add(
            MailboxAction(
                ledger_id=ledger_id,
                account=mailbox.name,
                folder=mailbox.folder,
                uidvalidity=state.uidvalidity,
                uid=int(key),
                action=mailbox.after_registration,
                target=_target(mailbox),
                state=ActionState.WAITING,
                next_try_at=now,
                created_at=now,
            )
        )
    return len(rows)


def work_off(database: Database, store: FileStore, account: MailboxAccount) -> Changes:
    """Do what is due in this folder, and settle what a search confirms. Nothing due: no connection is made.

    Errors: those of the mailbox, after which what is unsettled stays due.
    """
    due = _due(database, account)
    if not due:
        return Changes()
    try:
        with FolderEditor(account) as editor:
            old = [action for action in due if action.uidvalidity != editor.uidvalidity]
            _settle(database, old, ActionState.GONE)
            for some in _portions(action for action in due if action.uidvalidity == editor.uidvalidity):
                _work_on(database, store, editor, some)
    except ChangeError as refusal:
        # The folder cannot be changed at all.
        _refused(database, _claim(database, due), refusal)
    return _report(database, account, due)


def try_again(session: Session, account: str, now: datetime) -> int:
    """Have everything that was given up in this mailbox tried anew; returns how many actions."""
    return _count(
        session,
        update(MailboxAction)
        .where(col(MailboxAction.account) == account, col(MailboxAction.state) == ActionState.GIVEN_UP)
        .values(state=ActionState.WAITING, attempts=0, next_try_at=now, finished_at=None, problem=""),
    )


def given_up(session: Session) -> list[tuple[str, str, int]]:
    """What was given up: name of the mailbox, code of the problem (`ingest.errors.error_for`), how many messages."""
    return list(
        session.exec(
            select(MailboxAction.account, MailboxAction.problem, func.count())
            .where(MailboxAction.state == ActionState.GIVEN_UP)
            .group_by(MailboxAction.account, MailboxAction.problem)
            .order_by(MailboxAction.account, MailboxAction.problem)
        )
    )


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries: a minute, doubled each time, up to six hours."""
    return min(FIRST_PAUSE * int(2 ** min(attempts - 1, 20)), LONGEST_PAUSE)


def _work_on(database: Database, store: FileStore, editor: FolderEditor, actions: Sequence[MailboxAction]) -> None:
    """Settle what is so already, try the rest once, and settle what a search then shows."""
    left = _confirm(database, store, editor, actions, first=1)
    tried = _claim(database, left)
    if not tried:
        return
    uids = [action.uid for action in tried]
    try:
        if tried[0].action == FLAG:
            editor.mark(uids)
            first = 1
        else:
            first = editor.move(uids, tried[0].target)
            _remove_copied(database, store, editor, tried, first)
    except ChangeError as refusal:
        _refused(database, tried, refusal)
        return
    _note_problem(database, _confirm(database, store, editor, tried, first=first), ChangeNotSeen.code)


def _confirm(
    database: Database, store: FileStore, editor: FolderEditor, actions: Sequence[MailboxAction], *, first: int
) -> list[MailboxAction]:
    """Settle each action by what is in the folders now; returns those that are still to do."""
    uids = [action.uid for action in actions]
    present = editor.present(uids)
    left = [action for action in actions if action.uid in present]
    absent = [action for action in actions if action.uid not in present]
    if actions[0].action == FLAG:
        marked = editor.marked(uids)
        _settle(database, [action for action in left if action.uid in marked], ActionState.DONE)
        _settle(database, absent, ActionState.GONE)
        return [action for action in left if action.uid not in marked]
    arrived = _arrived(database, store, editor, absent, first)
    _settle(database, [action for action in absent if action.id in arrived], ActionState.DONE)
    _settle(database, [action for action in absent if action.id not in arrived], ActionState.GONE)
    return left


def _remove_copied(
    database: Database, store: FileStore, editor: FolderEditor, actions: Sequence[MailboxAction], first: int
) -> None:
    """Where the server copied instead of moving: remove those messages whose new copy is seen in the target."""
    present = editor.present([action.uid for action in actions])
    copied = [action for action in actions if action.uid in present]
    arrived = _arrived(database, store, editor, copied, first)
    if arrived:
        editor.remove_copied([action.uid for action in copied if action.id in arrived])


def _arrived(
    database: Database, store: FileStore, editor: FolderEditor, actions: Sequence[MailboxAction], first: int
) -> set[int | None]:
    """Ids of those actions whose message is in the target, with a UID of at least `first`."""
    if not actions:
        return set()
    prints = _prints(database, store, actions)
    with editor.inside(actions[0].target) as target:
        if target is None:
            return set()
        return {action.id for action in actions if target.holds(prints[action.ledger_id], first)}


def _prints(database: Database, store: FileStore, actions: Sequence[MailboxAction]) -> dict[int, Print]:
    wanted = [action.ledger_id for action in actions]
    with database.read() as session:
        rows = session.exec(
            select(LedgerEntry.id, RawFile.sha256, RawFile.size)
            .join(RawFile, col(LedgerEntry.sha256) == col(RawFile.sha256))
            .where(col(LedgerEntry.id).in_(wanted))
        ).all()
    return {
        ledger_id: Print(_message_id(store, sha256), sha256, size)
        for ledger_id, sha256, size in rows
        if ledger_id is not None
    }


def _message_id(store: FileStore, sha256: str) -> str:
    """The Message-ID of a kept mail if it can be searched for, else ""."""
    try:
        with store.path(sha256).open("rb") as file:
            head = file.read(FIELD_LIMIT)
    except OSError:
        return ""
    message = BytesHeaderParser(policy=compat32).parsebytes(head)
    found = next((one for raw in raw_values(message, "message-id") for one in message_ids(raw)), "")
    return found if _SEARCHABLE.fullmatch(found) else ""


def _due(database: Database, account: MailboxAccount) -> list[MailboxAction]:
    with database.read() as session:
        return list(
            session.exec(
                select(MailboxAction)
                .where(
                    MailboxAction.account == account.name,
                    MailboxAction.folder == account.folder,
                    MailboxAction.state == ActionState.WAITING,
                    MailboxAction.next_try_at <= clock.now(),
                )
                .order_by(col(MailboxAction.id))
                .limit(PER_ROUND)
            )
        )


def _portions(actions: Iterable[MailboxAction]) -> Iterator[list[MailboxAction]]:
    """Untried actions of one kind together; what was tried before alone, so that one bad message stops no other."""
    together: dict[tuple[str, str], list[MailboxAction]] = {}
    alone = []
    for action in actions:
        if action.attempts:
            alone.append([action])
        else:
            together.setdefault((action.action, action.target), []).append(action)
    for some in together.values():
        for start in range(0, len(some), AT_ONCE):
            yield some[start : start + AT_ONCE]
    yield from alone


def _claim(database: Database, actions: Sequence[MailboxAction]) -> list[MailboxAction]:
    """Count one more try of each, and give up those that had all their tries; returns what this program may try now.

    An action that another program counted meanwhile is left to it.
    """
    exhausted = [action for action in actions if action.attempts >= TRIES]
    for action in exhausted:
        _settle(database, [action], ActionState.GIVEN_UP, action.problem or ChangeNotSeen.code)
    claimed = []
    now = clock.now()
    with database.write() as session:
        for action in actions:
            if action.attempts >= TRIES:
                continue
            ours = _count(
                session,
                update(MailboxAction)
                .where(
                    col(MailboxAction.id) == action.id,
                    col(MailboxAction.attempts) == action.attempts,
                    col(MailboxAction.state) == ActionState.WAITING,
                )
                .values(attempts=action.attempts + 1, next_try_at=now + pause_after(action.attempts + 1)),
            )
            if ours:
                claimed.append(action)
    return claimed


def _refused(database: Database, actions: Sequence[MailboxAction], refusal: ChangeError) -> None:
    log.warning("server_change_refused", code=refusal.code, messages=len(actions))
    if isinstance(refusal, ChangeUnsupported):
        _settle(database, actions, ActionState.GIVEN_UP, refusal.code)
    else:
        _note_problem(database, actions, refusal.code)


def _note_problem(database: Database, actions: Sequence[MailboxAction], code: str) -> None:
    _update(database, actions, problem=code)


def _settle(database: Database, actions: Sequence[MailboxAction], state: ActionState, problem: str = "") -> None:
    _update(database, actions, state=state, problem=problem, finished_at=clock.now())


def _update(database: Database, actions: Sequence[MailboxAction], **values: Any) -> None:
    if actions:
        with database.write() as session:
            _count(
                session,
                update(MailboxAction)
                .where(
                    col(MailboxAction.id).in_([action.id for action in actions]),
                    col(MailboxAction.state) == ActionState.WAITING,
                )
                .values(**values),
            )


def _follow_settings(session: Session, mailbox: MailboxSettings, now: datetime) -> None:
    """What waits or was given up under other settings is done as the settings say now."""
    _count(
        session,
        update(MailboxAction)
        .where(
            col(MailboxAction.account) == mailbox.name,
            col(MailboxAction.folder) == mailbox.folder,
            col(MailboxAction.state).in_([ActionState.WAITING, ActionState.GIVEN_UP]),
            or_(
                col(MailboxAction.action) != mailbox.after_registration,
                col(MailboxAction.target) != _target(mailbox),
            ),
        )
        .values(
            action=mailbox.after_registration,
            target=_target(mailbox),
            state=ActionState.WAITING,
            attempts=0,
            next_try_at=now,
            finished_at=None,
            problem="",
        ),
    )


def _target(mailbox: MailboxSettings) -> str:
    return mailbox.move_to if mailbox.after_registration == MOVE else ""


def _report(database: Database, account: MailboxAccount, due: Sequence[MailboxAction]) -> Changes:
    with database.read() as session:
        counts = dict(
            session.exec(
                select(MailboxAction.state, func.count())
                .where(col(MailboxAction.id).in_([action.id for action in due]))
                .group_by(MailboxAction.state)
            ).all()
        )
    changes = Changes(
        done=counts.get(ActionState.DONE, 0),
        gone=counts.get(ActionState.GONE, 0),
        given_up=counts.get(ActionState.GIVEN_UP, 0),
        waiting=counts.get(ActionState.WAITING, 0),
    )
    log.info(
        "server_changes",
        account=account.name,
        done=changes.done,
        gone=changes.gone,
        given_up=changes.given_up,
        waiting=changes.waiting,
    )
    return changes


def _count(session: Session, statement: Any) -> int:
    result = cast("CursorResult[Any]", session.connection().execute(statement))
    return int(result.rowcount)
