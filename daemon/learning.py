"""Learning from what people corrected: the record's corrections go in, a model in the data folder comes out."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from classifiers.learning import Candidate, Recipe, make_candidate
from classifiers.log import Correction, corrections
from classifiers.train import CORPUS
from config import clock
from daemon import locks
from daemon.house import House
from registry.model_versions import MODELS, SHIPPED, add_model, current_model, model_versions, use_model
from registry.models import ModelVersion

VECTORS = "e5-vectors.npz"
"""Beside the models: vectors of letters that training has seen. Only a cache: it may be deleted at any time."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it: the model's line in the record, and whether it decides from now on."""

    model: ModelVersion
    put_to_work: bool


def learn(house: House, *, put_to_work: bool, actor: str, corpus_folder: Path = CORPUS) -> Learned | None:
    """Train and examine a candidate from all corrections; None if there is none that was not learned from before.

    A candidate that passes is put to work, or waits for somebody to do so. The letters' words stay in the data folder,
    and only while training runs. NothingToLearn without corrections, AlreadyRunning while another training runs.
    """
    with locks.hold(house.settings.data_folder / "locks" / "training.lock"):
        house.require_model()  # so that the model of now has its line
        with house.database.read() as session:
            known = corrections(session)
            current = current_model(session)
            before = corrections(session, current.report.get("decisions", []) if current else [])
            tried = [row.report.get("decisions") for row in model_versions(session)]
        if known and [one.decision_id for one in known] in tried:
            return None
        work = house.work_folder("training")
        shutil.rmtree(work)  # what a broken-off run left
        work.mkdir(mode=0o700)
        try:
            recipe = Recipe(
                house.tables, _models(house) / VECTORS, house.settings.understanding.embedding, corpus_folder
            )
            candidate = make_candidate(known, before, work, recipe)
            return _written_down(house, candidate, known, put_to_work=put_to_work, actor=actor)
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _models(house: House) -> Path:
    folder = house.settings.data_folder / MODELS
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def _written_down(
    house: House, candidate: Candidate, learned_from: list[Correction], *, put_to_work: bool, actor: str
) -> Learned:
    now, folder, passed = clock.now(), SHIPPED, candidate.folder is not None
    if candidate.folder is not None:
        folder = f"{MODELS}/{candidate.version}"
        place = _models(house) / candidate.version
        shutil.rmtree(place, ignore_errors=True)
        shutil.move(candidate.folder, place)
    with house.database.write() as session:
        model = add_model(
            session,
            candidate.version,
            folder,
            candidate.report,
            corrections=len(learned_from),
            passed=passed,
            at=now,
            actor=actor,
        )
        if passed and put_to_work:
            use_model(session, model.version, at=now, actor=actor)
    return Learned(model, passed and put_to_work)
