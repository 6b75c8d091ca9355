"""Reports about mail (RFC 3464 delivery status, RFC 8098 disposition, RFC 5965 feedback)."""

import re

from ingest.checks.daemon_sender import is_daemon
from ingest.checks.finding import Context, Finding
from ingest.checks.null_return_path import has_null_return_path
from ingest.checks.subject_pattern import kind_by_subject
from ingest.headers import Headers

_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPTS = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification", "message/feedback-report"}
)
_REPORT_TYPE = re.compile(r'report-type\s*=\s*"?([a-z-]+)', re.IGNORECASE)


class DeliveryReport:
    """A mail that is a report: a bounce (delivery status) or another report (read receipt, complaint).

    A report part alone is not enough: a citizen may attach the bounce that he complains about.
    """

    name = "delivery_report"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the outer multipart/report and at the types of the parts."""
        outer = headers.first("content-type").lower()
        types = context.part_types
        if outer.startswith("multipart/report"):
            named = _REPORT_TYPE.search(outer)
            bounce = bool(types & _STATUS) or (not types & _RECEIPTS and (not named or named[1] == "delivery-status"))
            return Finding("bounce" if bounce else "report", self.name)
        if types & (_STATUS | _RECEIPTS) and _sent_by_a_program(headers, context):
            return Finding("bounce" if types & _STATUS else "report", self.name)
        return None


def _sent_by_a_program(headers: Headers, context: Context) -> bool:
    return (
        is_daemon(headers, context)
        or has_null_return_path(headers)
        or headers.first("auto-submitted").lower() not in {"", "no"}
        or kind_by_subject(context.subject) == "bounce"
    )
