"""Which trained classifier decides: every version with its figures, which is current, and the way back."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from registry import audit
from registry.errors import ModelRefused, ModelUnknown, NoFormerModel
from registry.models import ModelVersion

MODELS = "models"
"""Folder below the data folder in which models trained here lie, one folder per version."""
SHIPPED = ""
"""The folder of the model that came with the program."""


class ModelState(StrEnum):
    """What a trained model is to the house."""

    CURRENT = "current"
    CANDIDATE = "candidate"
    FORMER = "former"
    REFUSED = "refused"


def current_model(session: Session) -> ModelVersion | None:
    """The model that decides; None until one has been loaded for the first time (the shipped one decides)."""
    return session.exec(select(ModelVersion).where(ModelVersion.state == ModelState.CURRENT)).first()


def model_versions(session: Session) -> list[ModelVersion]:
    """All models, the newest first."""
    return list(session.exec(select(ModelVersion).order_by(col(ModelVersion.made_at).desc(), ModelVersion.version)))


def note_loaded(session: Session, version: str, folder: str, *, at: datetime, actor: str) -> None:
    """A worker has loaded this model: it gets its line, so that every version in the decision log can be looked up.

    The same files under a new version of the program answer differently and so are another version; its line takes
    over what is known of the files, and its place.
    """
    current, row = current_model(session), session.get(ModelVersion, version)
    if row is None:
        before = current if current is not None and current.folder == folder else None
        row = ModelVersion(
            version=version,
            state=ModelState.FORMER,
            folder=folder,
            made_at=at,
            made_by=actor,
            corrections=before.corrections if before else 0,
            report=before.report if before else {},
        )
        session.add(row)
        session.flush()
    if current is None or (current.folder == folder and current.version != version):
        _put_to_work(session, row, at=at, actor=actor)


def add_model(
    session: Session,
    version: str,
    folder: str,
    report: Mapping[str, Any],
    *,
    corrections: int,
    passed: bool,
    at: datetime,
    actor: str,
) -> ModelVersion:
    """Write down a model that was trained: a candidate if it passed its examination, else refused."""
    row = session.get(ModelVersion, version) or ModelVersion(
        version=version, state=ModelState.CANDIDATE, folder=folder, made_at=at, made_by=actor
    )
    row.folder, row.report, row.corrections, row.made_at, row.made_by = folder, dict(report), corrections, at, actor
    if row.state != ModelState.CURRENT:
        row.state = ModelState.CANDIDATE if passed else ModelState.REFUSED
    session.add(row)
    session.flush()
    audit.record(
        session,
        at=at,
        actor=actor,
        act="train-model",
        subject=f"model_versions:{version}",
        detail={"passed": passed, "corrections": corrections},
    )
    return row


def use_model(session: Session, version: str, *, at: datetime, actor: str) -> ModelVersion:
    """Put a model to work; the worker takes it at its next letter.

    ModelUnknown if there is none of this version, ModelRefused if it failed its examination.
    """
    row = session.get(ModelVersion, version)
    if row is None:
        raise ModelUnknown(version)
    if row.state == ModelState.REFUSED:
        raise ModelRefused(version)
    if row.state != ModelState.CURRENT:
        _put_to_work(session, row, at=at, actor=actor)
    return row


def former_model(session: Session) -> ModelVersion | None:
    """The model that decided before the current one; other files, not the same under an older program."""
    current = current_model(session)
    return session.exec(
        select(ModelVersion)
        .where(
            ModelVersion.state == ModelState.FORMER,
            col(ModelVersion.current_since).is_not(None),
            ModelVersion.folder != (current.folder if current else SHIPPED),
        )
        .order_by(col(ModelVersion.current_since).desc())
        .limit(1)
    ).first()


def go_back(session: Session, *, at: datetime, actor: str) -> ModelVersion:
    """Put the former model to work again; NoFormerModel if there is none."""
    former = former_model(session)
    if former is None:
        raise NoFormerModel
    return use_model(session, former.version, at=at, actor=actor)


def _put_to_work(session: Session, row: ModelVersion, *, at: datetime, actor: str) -> None:
    before = current_model(session)
    if before is not None:
        before.state = ModelState.FORMER
    row.state, row.current_since = ModelState.CURRENT, at
    audit.record(
        session,
        at=at,
        actor=actor,
        act="use-model",
        subject=f"model_versions:{row.version}",
        detail={"before": before.version if before else ""},
    )
