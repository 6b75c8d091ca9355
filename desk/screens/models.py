"""Trained models: which one reads, how each did in its examination, and the way back."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from config import clock
from desk.context import TheDesk, TheVisitor
from desk.render import go, page
from registry import model_versions
from registry.model_versions import former_model

router = APIRouter()
Version = Annotated[str, Path(max_length=40)]


@router.get("/log/models")
def show(request: Request, desk: TheDesk, visitor: TheVisitor) -> Response:
    """All models, the newest first."""
    with desk.database.read() as session:
        rows = model_versions.model_versions(session)
        former = former_model(session)
    return page(request, "models.html", {"rows": rows, "former": former})


@router.post("/log/models/back")
def back(desk: TheDesk, visitor: TheVisitor) -> Response:
    """Put the former model to work again."""
    with desk.database.write() as session:
        model_versions.go_back(session, at=clock.now(), actor=visitor.username)
    return go("/log/models", notice="model-used")


@router.post("/log/models/{version}/use")
def use(desk: TheDesk, visitor: TheVisitor, version: Version) -> Response:
    """Put a model to work."""
    with desk.database.write() as session:
        model_versions.use_model(session, version, at=clock.now(), actor=visitor.username)
    return go("/log/models", notice="model-used")
