"""The figures of the classifier: how much it reads, how honest its confidence is, where it errs, how letters change."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session, col, func, select

from classifiers.corpus_mix import corpus_mix
from config import clock
from config.i18n import gettext as _
from config.i18n import ngettext
from desk.context import TheDesk, TheVisitor
from desk.figure_charts import charts
from desk.figures import figures, last_months, reads
from desk.log_filter import LogFilter, midnight
from desk.render import page
from registry.models import Decision

router = APIRouter()
PERIODS = (30, 90, 365, 0)
USUAL_PERIOD = 90


@router.get("/log/figures")
def show(
    request: Request,
    desk: TheDesk,
    visitor: TheVisitor,
    version: Annotated[str, Query(max_length=60)] = "",
    days: int = USUAL_PERIOD,
) -> Response:
    """The figures of one model version, or of all, over the last days (0: since the beginning)."""
    today = clock.today()
    days = days if days in PERIODS else USUAL_PERIOD
    since = today - timedelta(days=days) if days else None
    earliest = min(since, last_months(today)[0]) if since else None
    with desk.database.read() as session:
        versions = _versions(session)
        version = version if version in versions else ""
        found = reads(session, since=midnight(earliest) if earliest else None, version=version)
    counted = figures(found, since, today, corpus_mix(topic.slug for topic in desk.tables.topics))
    monthly = LogFilter(show="model", version=version)
    log = LogFilter(show="model", version=version, since=since.isoformat() if since else "")
    values = {
        "figures": counted,
        "charts": charts(counted, log, monthly),
        "versions": versions,
        "version": version,
        "days": days,
        "periods": [(one, _period(one)) for one in PERIODS],
        "log": log,
        "monthly": monthly,
        "tables": desk.tables,
    }
    return page(request, "figures.html", values)


def _versions(session: Session) -> dict[str, int]:
    """Versions in the log with their number of decisions, the last used first."""
    rows = session.exec(
        select(Decision.model_version, func.count(col(Decision.id)))
        .where(col(Decision.user_id).is_(None))
        .group_by(col(Decision.model_version))
        .order_by(func.max(col(Decision.id)).desc())
    )
    return dict(rows.all())


def _period(days: int) -> str:
    return ngettext("last {count} day", "last {count} days", days).format(count=days) if days else _("all")
