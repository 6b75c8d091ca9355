"""What can go wrong in training and reading, said to the person who must act."""

from pathlib import Path

from config.i18n import gettext as _


class ClassifierError(Exception):
    """Base of this room's errors; `str(error)` is the sentence for the person."""


class ModelMissing(ClassifierError):
    """There is no trained model where one was expected."""

    def __init__(self, folder: Path) -> None:
        super().__init__(_("There is no trained model in {folder}. Run “make train”.").format(folder=folder))


class ModelUnreadable(ClassifierError):
    """The model's files are there but damaged or of another version."""

    def __init__(self, folder: Path) -> None:
        super().__init__(_("The trained model in {folder} cannot be read. Run “make train”.").format(folder=folder))


class ModelDoesNotFit(ClassifierError):
    """The model was trained with other topics than those of the table."""

    def __init__(self, topics: set[str]) -> None:
        sentence = _(
            "The trained model does not know the same topics as config/tables/topics.yaml ({topics}). "
            "Add letters for them to the corpus and run “make train”."
        )
        super().__init__(sentence.format(topics=", ".join(sorted(topics))))


class LineUnreadable(ClassifierError):
    """A line of a JSONL file is not a letter."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        sentence = _("{path}, line {line}: {reason}. Correct the line and try again.")
        super().__init__(sentence.format(path=path, line=line, reason=reason))


class CorpusEmpty(ClassifierError):
    """The training corpus has no letters, or none for some topics."""

    def __init__(self, folder: Path, topics: set[str]) -> None:
        sentence = _("The corpus in {folder} has too few letters to train with (topics: {topics}).")
        super().__init__(sentence.format(folder=folder, topics=", ".join(sorted(topics))))


class TopicUnknown(ClassifierError):
    """The corpus has letters for topics that are not in the table."""

    def __init__(self, folder: Path, topics: set[str]) -> None:
        sentence = _(
            "There are letters in {folder} whose topic is not in config/tables/topics.yaml: {topics}. Correct them."
        )
        super().__init__(sentence.format(folder=folder, topics=", ".join(sorted(topics))))


class NothingToLearn(ClassifierError):
    """Nobody has corrected a letter yet."""

    def __init__(self) -> None:
        super().__init__(_("Nobody has corrected a classification yet, so there is nothing to learn from."))
