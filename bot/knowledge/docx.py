"""Word documents to Markdown."""

import io
import re
import zipfile
from xml.etree import ElementTree

import mammoth

from bot.knowledge.html import fragment_to_markdown
from bot.knowledge.refusal import Refusal

MAX_UNPACKED = 100 * 1024 * 1024
MAX_ENTRIES = 10_000
# What Word writes as the document's title and its parts' headings.
STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
"""
STYLE_SHEET = re.compile(r"word/[^/]*styles[^/]*\.xml", re.IGNORECASE)
UNREAD = re.compile(r"word/(?:media|embeddings|fonts|theme)/")
OLD_WORD = b"\xd0\xcf\x11\xe0"


def docx_to_markdown(data: bytes) -> str:
    """Return the document's content, with its headings, lists and tables. Raises `Refusal`."""
    if data.startswith(OLD_WORD):
        raise Refusal("is protected by a password or an old .doc; save it as .docx without a password")
    _refuse_bomb(data)
    try:
        html = mammoth.convert_to_html(
            _slimmed(data), style_map=STYLES, convert_image=mammoth.images.img_element(lambda _image: {})
        ).value
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as err:
        raise Refusal("is not a Word document that can be read; save it again as .docx") from err
    return fragment_to_markdown(html)


def _slimmed(data: bytes) -> io.BytesIO:
    """Return a document without what is not read of it: pictures, fonts, and how its styles look.

    A template's hundreds of styles take mammoth ten times as long as a document's own text.
    """
    slim = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(slim, "w") as kept:
        for entry in archive.infolist():
            if not UNREAD.match(entry.filename):
                content = archive.read(entry)
                kept.writestr(entry.filename, _named(content) if STYLE_SHEET.fullmatch(entry.filename) else content)
    slim.seek(0)
    return slim


def _named(style_sheet: bytes) -> bytes:
    """Return a style sheet with the styles' names, and which list a list's style belongs to."""
    try:
        sheet = ElementTree.fromstring(style_sheet)  # noqa: S314 (expat bounds what entities grow to; the child, the rest)
    except ElementTree.ParseError:
        return style_sheet  # mammoth says what is wrong
    for style in list(sheet):
        if _local_name(style) != "style":
            sheet.remove(style)
        kept = ("name", "pPr") if _is_of_lists(style) else ("name",)
        for part in list(style):
            if _local_name(part) not in kept:
                style.remove(part)
    return ElementTree.tostring(sheet)


def _is_of_lists(style: ElementTree.Element) -> bool:
    return any(name.rpartition("}")[2] == "type" and value == "numbering" for name, value in style.attrib.items())


def _local_name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _refuse_bomb(data: bytes) -> None:
    # Python's zipfile reads no more of an entry than its header says, so the headers can be believed.
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as err:
        raise Refusal("is not a Word document, whatever its name says; save it as .docx") from err
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise Refusal(f"would unpack to more than {MAX_UNPACKED // 1024 // 1024} MB; split it")
    if not any(entry.filename == "word/document.xml" for entry in entries):
        raise Refusal("is not a Word document, whatever its name says; save it as .docx")
