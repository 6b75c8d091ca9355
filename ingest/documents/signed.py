"""Documents wrapped in a digital signature (cerere.pdf.p7m): what is inside; the signature is not checked."""

import tempfile
from pathlib import Path

from ingest.cms import SIZE_LIMIT, cms_kind, signed_content
from ingest.errors import DocumentDamaged, DocumentEmpty, DocumentEncrypted, DocumentTooBig, DocumentUnsupported


def unwrapped(path: Path) -> Path:
    """The signed document as a file in the child's scratch directory, which goes with the child.

    Errors: `DocumentTooBig`, `DocumentEncrypted`, `DocumentUnsupported` (certificates and the like),
    `DocumentEmpty` (a signature that stands apart from what it signs), `DocumentDamaged`.
    """
    if path.stat().st_size > SIZE_LIMIT:
        raise DocumentTooBig(f"a wrapper over {SIZE_LIMIT} bytes")
    raw = path.read_bytes()
    kind = cms_kind(raw)
    if kind == "encrypted":
        raise DocumentEncrypted("cms")
    if kind != "signed":
        raise DocumentUnsupported("cms")
    signed = signed_content(raw)
    if signed is None:
        raise DocumentDamaged("cms")
    if not signed.content:
        raise DocumentEmpty("a signature alone")
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(signed.content)
    return Path(file.name)
