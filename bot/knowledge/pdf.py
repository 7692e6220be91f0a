"""PDFs to Markdown: their text, with the bookmarks as headings."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain

import pypdfium2 as pdfium

from bot.knowledge.refusal import Refusal

MAX_PAGES = 5_000
# A line at a page's edge that stands on most pages is its header or footer; a handful of pages can't tell.
FEW_PAGES = 4
DEEPEST_HEADING = 6


def pdf_to_markdown(data: bytes, *, most: int) -> tuple[str, str]:
    """Return the document's own title, often empty, and its text, of which at most about `most` characters are read.

    Raises `Refusal`.
    """
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as err:
        if "password" in str(err).lower():
            raise Refusal("is protected by a password; save it without one") from err
        raise Refusal("is not a PDF that can be read; save it again as PDF") from err
    if len(document) > MAX_PAGES:
        raise Refusal(f"has {len(document):,} pages; split it into parts of at most {MAX_PAGES:,}")
    pages = _without_edges(_pages(document, most))
    headings = _headings(document)
    parts = [_page(lines, headings.get(number, ())) for number, lines in enumerate(pages)]
    title = " ".join((document.get_metadata_dict().get("Title") or "").split())
    return title, "\n\n".join(part for part in parts if part)


def _pages(document: pdfium.PdfDocument, most: int) -> list[list[str]]:
    pages: list[list[str]] = []
    read = 0
    for page in document:
        text = page.get_textpage().get_text_bounded()
        page.close()
        pages.append([line.strip() for line in text.replace("\x00", "").splitlines()])
        read += len(text)
        if read > most:
            break
    return pages


def _without_edges(pages: list[list[str]]) -> list[list[str]]:
    """Leave out what stands first or last on most pages, but for the page's number in it."""
    if len(pages) < FEW_PAGES:
        return pages
    edges = Counter(
        chain.from_iterable({_shape(page[0], n), _shape(page[-1], n)} for n, page in enumerate(pages, 1) if page)
    )
    common = {edge for edge, count in edges.items() if count > len(pages) / 2}
    return [
        [line for at, line in enumerate(page) if not (at in (0, len(page) - 1) and _shape(line, n) in common)]
        for n, page in enumerate(pages, 1)
    ]


def _shape(line: str, page: int) -> str:
    return re.sub(rf"\b{page}\b", "#", line)


def _headings(document: pdfium.PdfDocument) -> dict[int, list[tuple[int, str]]]:
    """Return the bookmarks of each page, as levels from 1 and titles."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for bookmark in document.get_toc(max_depth=DEEPEST_HEADING):
        target = bookmark.get_dest()
        title = " ".join((bookmark.get_title() or "").split())
        if target is not None and title and (page := target.get_index()) is not None:
            found[page].append((min(bookmark.level + 1, DEEPEST_HEADING), title))
    return found


def _page(lines: Sequence[str], headings: Iterable[tuple[int, str]]) -> str:
    """Return a page's text, each bookmark as a heading at the line that says the same, or at the page's start."""
    said = [" ".join(line.split()).casefold() for line in lines]
    at: dict[int, str] = {}
    on_top: list[str] = []
    for level, title in headings:
        heading = f"{'#' * level} {title}"
        place = next((n for n, line in enumerate(said) if line == title.casefold() and n not in at), None)
        if place is None:
            on_top.append(heading)
        else:
            at[place] = heading
    blocks = (f"\n\n{at[n]}\n\n" if n in at else f"{_plain(line)}\n" for n, line in enumerate(lines))
    return _joined("\n\n".join([*on_top, "".join(blocks)]))


def _plain(line: str) -> str:
    # A line of a PDF is no heading of Markdown's, whatever it begins with.
    return re.sub(r"^(#+ )", r"\\\1", line)


def _joined(text: str) -> str:
    """Put together words that were broken at a line's end."""
    return re.sub(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])", "", text).strip()
