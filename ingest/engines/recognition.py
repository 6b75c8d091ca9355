"""What one call of an engine gives, made from Tesseract's table (TSV), which both engines write alike."""

from dataclasses import dataclass
from typing import Final

from ingest.paragraphs import arrange, in_reading_order
from ingest.reading import DOUBTFUL_BELOW, Word

# Columns: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
_COLUMNS: Final = 12
_WORD_LEVEL: Final = "5"


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one call gave: `text` in lines and paragraphs, and the words with their boxes."""

    text: str
    words: tuple[Word, ...]

    @property
    def mean_confidence(self) -> float:
        """Mean confidence of the words, 0 when there are none."""
        return sum(word.confidence for word in self.words) / len(self.words) if self.words else 0.0

    @property
    def low_share(self) -> float:
        """Share of words with confidence under DOUBTFUL_BELOW; 1 when there are none."""
        return sum(word.confidence < DOUBTFUL_BELOW for word in self.words) / len(self.words) if self.words else 1.0

    @property
    def p10_confidence(self) -> float:
        """The confidence below which a tenth of the words lie, 0 when there are none."""
        return sorted(word.confidence for word in self.words)[len(self.words) // 10] if self.words else 0.0


def from_table(table: str) -> Recognition:
    """The recognition that a table says: its words in reading order, put together by its line numbers."""
    blocks: dict[str, dict[tuple[str, ...], list[Word]]] = {}
    for row in table.split("\n"):
        cells = row.split("\t")
        if len(cells) < _COLUMNS or cells[0] != _WORD_LEVEL or not (text := cells[11].strip()):
            continue
        left, top, width, height = map(int, cells[6:10])
        block = blocks.setdefault(cells[2], {})
        block.setdefault(tuple(cells[3:5]), []).append(Word(text, left, top, width, height, float(cells[10])))
    lines = in_reading_order([list(block.values()) for block in blocks.values()])
    return Recognition(arrange(lines), tuple(word for line in lines for word in line))
