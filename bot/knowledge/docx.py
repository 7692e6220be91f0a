"""Word documents to Markdown."""

import io
import zipfile

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
OLD_WORD = b"\xd0\xcf\x11\xe0"


def docx_to_markdown(data: bytes) -> str:
    """Return the document's content, with its headings, lists and tables. Raises `Refusal`."""
    if data.startswith(OLD_WORD):
        raise Refusal("is protected by a password or an old .doc; save it as .docx without a password")
    _refuse_bomb(data)
    try:
        html = mammoth.convert_to_html(
            io.BytesIO(data), style_map=STYLES, convert_image=mammoth.images.img_element(lambda _image: {})
        ).value
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as err:
        raise Refusal("is not a Word document that can be read; save it again as .docx") from err
    return fragment_to_markdown(html)


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
