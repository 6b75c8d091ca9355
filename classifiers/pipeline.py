"""The spaCy pipeline of this room: importing this module makes all its steps known to spaCy."""

from pathlib import Path

import spacy
from spacy.language import Language

from classifiers import (
    embedding_view,
    facts,
    kind_view,
    language,
    legal_kind,
    letter_topic,
    letters,
    stem_model,
    topic_pool,
    topic_rules,
    urgency,
    words,
)
from classifiers.errors import ModelMissing, ModelUnreadable

HOUSE = Path(__file__).resolve().parent
MODEL = HOUSE / "model"
TRAINING_CONFIG = HOUSE / "training.cfg"
STEPS = (
    words,
    language,
    facts,
    topic_rules,
    stem_model,
    letter_topic,
    legal_kind,
    kind_view,
    embedding_view,
    topic_pool,
    urgency,
    letters,
)


def load_pipeline(folder: Path) -> Language:
    """The trained pipeline; raises ModelMissing or ModelUnreadable."""
    if not (folder / "config.cfg").exists():
        raise ModelMissing(folder)
    try:
        return spacy.load(folder)
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnreadable(folder) from error
