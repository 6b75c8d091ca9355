"""The trained model that reads the next letter: the record says which one; it is exchanged between two letters."""

from threading import Lock

import structlog

from classifiers.errors import ClassifierError
from classifiers.understand import Understander, load
from config import clock
from config.settings import Settings
from config.town import Tables
from registry.database import Database
from registry.model_versions import SHIPPED, current_model, note_loaded

ACTOR = "worker"
log = structlog.get_logger()


class CurrentModel:
    """Hands out the current model, loaded at first use and again after another one was put to work.

    A letter that is being read goes on with the model it began with. A model that cannot be loaded (its folder was
    lost, the tables have other topics) stops no letter: the last one goes on, or the one that came with the program.
    """

    def __init__(self, settings: Settings, tables: Tables, database: Database) -> None:
        """Load nothing yet."""
        self._settings = settings
        self._tables = tables
        self._database = database
        self._one_at_a_time = Lock()
        self._loaded: Understander | None = None
        self._asked: str | None = None

    def understander(self) -> Understander:
        """The model that decides now; errors of loading only when the shipped model cannot be used either."""
        with self._database.read() as session:
            row = current_model(session)
            folder = row.folder if row else SHIPPED
        with self._one_at_a_time:
            if self._loaded is None or self._asked != folder:
                self._loaded = self._load(folder)
                self._asked = folder
            return self._loaded

    def _load(self, folder: str) -> Understander:
        if folder != SHIPPED:
            try:
                return self._noted(folder)
            except ClassifierError as error:
                log.error("model_unusable", folder=folder, error=type(error).__name__)
        if self._loaded is not None and folder != SHIPPED:
            return self._loaded
        return self._noted(SHIPPED)

    def _noted(self, folder: str) -> Understander:
        path = self._settings.data_folder / folder if folder != SHIPPED else None
        model = load(path, self._tables, embedding=self._settings.understanding.embedding)
        with self._database.write() as session:
            note_loaded(session, model.version, folder, at=clock.now(), actor=ACTOR)
        log.info("model_loaded", version=model.version)
        return model
