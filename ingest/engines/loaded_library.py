"""Importing this loads the Romanian model into the process: for the template, whose children then have it at once.

Nothing is recognised here, so no thread starts and the process may be forked.
"""

from contextlib import suppress

from ingest.engines.by_library import loaded
from ingest.errors import IngestError

# What is missing is said by the child that needs it.
with suppress(IngestError):
    loaded("ron")
