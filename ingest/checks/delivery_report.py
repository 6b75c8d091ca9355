"""Reports about mail (RFC 3464 delivery status, RFC 8098 disposition, RFC 5965 feedback)."""

from ingest.checks.finding import Context, Finding
from ingest.headers import Headers


class DeliveryReport:
    """A part of a report type makes the mail a bounce (delivery status) or a report (read receipt, complaint)."""

    name = "delivery_report"

    def check(self, headers: Headers, context: Context) -> Finding | None:
        """Look at the types of the parts and at the outer multipart/report."""
        types = context.part_types
        if types & {"message/delivery-status", "message/global-delivery-status"}:
            return Finding("bounce", self.name)
        if types & {
            "message/disposition-notification",
            "message/global-disposition-notification",
            "message/feedback-report",
        }:
            return Finding("report", self.name)
        if headers.first("content-type").lower().startswith("multipart/report"):
            return Finding("bounce", self.name)
        return None
