"""Makes the files of the practice mailbox again from their texts: `python -m daemon.practice.make_letters`.

Texts are `letters/texts/*.txt`; after changing one, run this and commit the files in `letters/mail` and
`letters/scans`. Everything random is seeded. Needs Debian's fonts-liberation.
"""

from pathlib import Path

from daemon.practice import scans
from daemon.practice.mails import all_mails

LETTERS = Path(__file__).parent / "letters"


def make_letters(folder: Path) -> list[Path]:
    """Write `mail/*.eml` and `scans/*` below the folder from its `texts`, and answer what was written.

    Errors: OSError if a text or a font is missing.
    """
    texts = folder / "texts"
    files = {f"mail/{name}": content for name, content in all_mails(texts).items()}
    files["scans/trotuar-stricat.pdf"] = scans.pavement_pdf(texts)
    files["scans/caini-fara-stapan.jpg"] = scans.dogs_photo(texts)
    files["scans/locuinta-sociala-fax.tif"] = scans.housing_fax(texts)
    files["scans/multumire-banca.png"] = scans.thanks_png(texts)
    written = []
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


if __name__ == "__main__":
    for path in make_letters(LETTERS):
        print(f"{path.stat().st_size:>9,} {path.relative_to(LETTERS)}")
