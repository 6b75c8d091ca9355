"""The workflow engine (DBOS), and the only file that knows it.

The ten conditions under which it is safe (trial engine) are kept here and in `daemon.worker`:
pinned version (pyproject), constant application version, distinct executor ids under a lock, one worker on SQLite,
WAL and a usable SQLite library checked at start, database writes only in transaction steps that commit with their
checkpoint, takeover of silent executors, JSON serializer, limited child processes for parsing, own retention.
"""

import logging
import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, SQLAlchemyDatasource
from sqlalchemy import make_url
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from daemon.errors import LibraryTooOld
from daemon.house import House
from daemon.pipeline import dispatch_reply, process_letter, revise_letter
from daemon.running import Compute, Record

# One word per shape of the step lists. Change it only with DBOS.patch, or letters under way are stranded.
APPLICATION_VERSION = "letters-1"
LETTERS, REVISIONS, DISPATCHES = "letters", "revisions", "dispatches"
_QUEUES = {LETTERS: process_letter, REVISIONS: revise_letter, DISPATCHES: dispatch_reply}
_FAILED = ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_FINISHED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_FIRST_SUBSECOND_SQLITE = (3, 42, 0)

log = structlog.get_logger()


class Engine:
    """Runs letters and dispatches as durable workflows. One per process."""

    def __init__(self, house: House, executor_id: str) -> None:
        """`executor_id` must be stable for this worker and held by no other live process (see `daemon.worker`)."""
        check_sqlite_library(house.database.is_sqlite)
        self._house = house
        self._runner = _DurableRunner(house)
        config: DBOSConfig = {
            "name": "cabinet",
            "system_database_url": engine_url(house),
            "application_version": APPLICATION_VERSION,
            "executor_id": executor_id,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "console_log_level": "WARNING",
        }
        DBOS(config=config)
        keep_errors_short(logging.getLogger("dbos"))
        attempts = house.settings.worker.attempts
        self._workflows = {
            queue: DBOS.workflow(name=queue, max_recovery_attempts=attempts)(self._bound(pipeline))
            for queue, pipeline in _QUEUES.items()
        }

    def launch(self) -> None:
        """Start working; letters that this executor left unfinished are taken up again."""
        self._runner.open()
        DBOS.launch()
        worker = self._house.settings.worker
        for queue in _QUEUES:
            DBOS.register_queue(
                queue,
                worker_concurrency=worker.letters_at_once,
                polling_interval_sec=worker.poll_seconds,
                on_conflict="always_update",
            )

    def enqueue(self, queue: str, key: str, row_id: int) -> None:
        """Have the pipeline of `queue` run for a row; the same `key` never runs twice."""
        with SetWorkflowID(f"{queue}-{key}"):
            DBOS.enqueue_workflow(queue, self._workflows[queue], row_id)

    def failed_rows(self, queue: str, limit: int = 100) -> list[tuple[str, int]]:
        """Keys and row ids of workflows that gave up, newest first."""
        prefix = f"{queue}-"
        failed = DBOS.list_workflows(status=_FAILED, workflow_id_prefix=prefix, limit=limit, sort_desc=True)
        rows = []
        for workflow in failed:
            key = workflow.workflow_id.removeprefix(prefix)
            rows.append((key, int(key.split("-")[0])))
        return rows

    def forget_finished(self, now: datetime, days: int) -> int:
        """Delete what the engine kept of workflows that ended more than `days` ago; returns how many."""
        before = (now - timedelta(days=days)).isoformat()
        old = DBOS.list_workflows(
            status=_FINISHED, completed_before=before, limit=1000, load_input=False, load_output=False
        )
        ids = [workflow.workflow_id for workflow in old]
        if ids:
            DBOS.delete_workflows(ids)
        return len(ids)

    def stop(self, wait_seconds: int) -> None:
        """Stop taking new work, let running steps finish for `wait_seconds`, then leave the rest for the next start."""
        DBOS.destroy(workflow_completion_timeout_sec=wait_seconds)

    def _bound(self, pipeline: Callable[[Any, int], None]) -> Callable[[int], None]:
        runner = self._runner

        def run(row_id: int) -> None:
            try:
                pipeline(runner, row_id)
            except Exception as error:
                # The engine keeps the whole error; the log gets its kind only, for it may quote a letter.
                log.error("pipeline_failed", pipeline=pipeline.__name__, row=row_id, error=type(error).__name__)
                raise

        run.__qualname__ = pipeline.__name__
        return run


class _DurableRunner:
    """Runs each step once and keeps its result; see `daemon.running.Runner`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._datasource: SQLAlchemyDatasource | None = None

    def open(self) -> None:
        self._datasource = SQLAlchemyDatasource.create(
            self._house.settings.database,
            engine=self._house.database.engine,
            serializer=DBOSPortableJSONSerializer(),
            sessionmaker=sessionmaker(class_=Session, expire_on_commit=False),
        )

    def compute(self, step: Compute, *args: Any) -> Any:
        return DBOS.run_step({"name": step.__name__}, step, self._house, *args)

    def record(self, step: Record, *args: Any) -> Any:
        datasource = self._datasource
        assert datasource is not None

        def in_transaction() -> Any:
            return step(self._house, datasource.sql_session(), *args)

        # SQLite has one writer at a time, which is as strict as it gets.
        level: Any = "SERIALIZABLE" if self._house.database.is_sqlite else "READ COMMITTED"
        return datasource.run_tx_step({"name": step.__name__, "isolation_level": level}, in_transaction)


def keep_errors_short(logger: logging.Logger) -> None:
    """Send a library's log lines to our log, without its error texts: they may quote a letter."""

    def shorten(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            beginning = record.getMessage().partition(": ")[0].splitlines()
            record.msg, record.args = beginning[0] if beginning else "", ()
            record.exc_info = record.exc_text = None
        return True

    logger.addFilter(shorten)
    logger.handlers.clear()
    logger.propagate = True


def engine_url(house: House) -> str:
    """Where the engine keeps its own rows: beside the record's file on SQLite, in the same database on PostgreSQL."""
    if not house.database.is_sqlite:
        return make_url(house.settings.database).set(drivername="postgresql+psycopg").render_as_string(False)
    path = house.settings.data_folder.resolve() / "workflows.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")  # persists in the file; the engine does not set it
    return f"sqlite:///{path}"


def check_sqlite_library(is_sqlite: bool) -> None:
    """`LibraryTooOld` where the engine would not start: Python 3.12 or newer on SQLite before 3.42."""
    if is_sqlite and sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < _FIRST_SUBSECOND_SQLITE:
        raise LibraryTooOld(sqlite3.sqlite_version)


def hand_back(house: House, dead_executor: str) -> None:
    """Give the unfinished work of a dead executor back to the queues: start under its id, listening to nothing.

    Runs in a short-lived process of its own (`python -m daemon.takeover`), because the engine is one per process.
    The public resume call is not used: it would reset the attempt counter of a letter that kills its worker.
    """
    engine = Engine(house, dead_executor)
    DBOS.listen_queues([])
    engine.launch()
    while DBOS.list_workflows(status="PENDING", executor_id=dead_executor, load_input=False, load_output=False):
        time.sleep(0.05)
    engine.stop(0)
