"""How fast documents are converted, cut and stored: `python -m tests.bench.ingesting` prints JSON, about a minute.

200 Markdown files of some 700 words, 20 PDFs of 20 pages and 20 Word documents of 20 sections, made here; embedding is
not part of it. Ingested twice, the second time unchanged.
"""

import json
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.knowledge.converter import Converter
from bot.knowledge.fetching import Fetcher
from bot.knowledge.ingesting import Ingesting
from storage.database import Database, sqlite_url
from tests.bot.knowledge.making import pdf, word

SENTENCE = "Boat {n} lies at berth {k} of the east pier until the tide of day {n} has turned, and pays {k} crowns."


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("md", "pdf", "docx"):
            (folder / kind).mkdir()
        make(folder)
        database = Database(sqlite_url(folder))
        database.upgrade()
        fetcher = Fetcher(allow_private=False)
        with Converter() as converter:
            ingesting = Ingesting(database, converter, fetcher, team_id="T1", now=lambda: datetime.now(UTC))
            figures = {kind: measured(ingesting, folder / kind) for kind in ("md", "pdf", "docx")}
        fetcher.close()
        database.close()
    peaks = {"parent": resource.RUSAGE_SELF, "child": resource.RUSAGE_CHILDREN}
    memory = {who: round(resource.getrusage(which).ru_maxrss / 1024) for who, which in peaks.items()}
    json.dump({**figures, "peak_mb": memory}, sys.stdout, indent=2)


def measured(ingesting: Ingesting, folder: Path) -> dict[str, float]:
    """Return files and passages a second, and files a second when nothing changed."""
    files = len(list(folder.iterdir()))
    start = time.monotonic()
    done = ingesting.ingest([str(folder)])
    first = time.monotonic() - start
    start = time.monotonic()
    ingesting.ingest([str(folder)])
    again = time.monotonic() - start
    return {
        "files": files,
        "passages": done.passages,
        "files_per_s": round(files / first, 1),
        "passages_per_s": round(done.passages / first),
        "unchanged_files_per_s": round(files / again, 1),
    }


def make(folder: Path) -> None:
    """Write the documents."""
    for n in range(200):
        sections = (f"## Section {k}\n\n{text(n, k)}" for k in range(10))
        (folder / "md" / f"{n}.md").write_text(f"# Document {n}\n\n" + "\n\n".join(sections))
    for n in range(20):
        (folder / "pdf" / f"{n}.pdf").write_bytes(pdf(*([text(n, k)] for k in range(20)), title=f"Document {n}"))
        parts = [part for k in range(20) for part in (("1", f"Section {k}"), ("", text(n, k)))]
        (folder / "docx" / f"{n}.docx").write_bytes(word(*parts))


def text(n: int, k: int) -> str:
    """Return some seventy words."""
    return " ".join(SENTENCE.format(n=n * 100 + k, k=k + i) for i in range(4))


if __name__ == "__main__":
    main()
