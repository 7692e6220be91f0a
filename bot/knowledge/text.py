"""Bytes to text, where they are text."""

import codecs
import re

from bot.knowledge.refusal import Refusal

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
META_WITHIN = 4096


def plain_text(data: bytes) -> str:
    """Return a text file's text: UTF-8, or what its byte order mark says. Raises `Refusal` for anything else."""
    encoding = _marked(data) or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as err:
        raise Refusal(f"is not UTF-8 text (byte {err.start}); save it as UTF-8") from err
    if "\x00" in text:
        raise Refusal("is not text, whatever its name says; convert it to a PDF, or save it as UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def html_text(data: bytes, charset: str = "") -> str:
    """Return a page's text as a browser would decode it. `charset`: what its server said.

    Raises `Refusal` when it is no page.
    """
    said = META_CHARSET.search(data[:META_WITHIN])
    names = (_marked(data), charset, said[1].decode("ascii", "replace") if said else "", "utf-8")
    for name in filter(None, names):
        try:
            text = data.decode(name)
        except (LookupError, ValueError):
            continue
        break
    else:
        text = data.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise Refusal("is not a web page, whatever its name says")
    return text


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in BYTE_ORDER_MARKS if data.startswith(mark)), None)
