"""Web pages to Markdown. What a reader does not see, such as scripts, styles and hidden text, is left out."""

from html_to_markdown import ConversionOptions, convert

# Pictures say nothing that can be searched, and may be megabytes of base64.
PAGE = ConversionOptions(skip_images=True, extract_metadata=True, autolinks=False, compact_tables=True)
FRAGMENT = ConversionOptions(skip_images=True, extract_metadata=False, autolinks=False, compact_tables=True)


def page_to_markdown(html: str) -> tuple[str, str]:
    """Return a page's title, empty when it has none, and its content."""
    result = convert(html, PAGE)
    title = " ".join((result.metadata.document.title or "").split()) if result.metadata else ""
    return title, _without_metadata(result.content or "")


def fragment_to_markdown(html: str) -> str:
    """Return the content of a piece of HTML."""
    return convert(html, FRAGMENT).content or ""


def _without_metadata(markdown: str) -> str:
    # It is written before the content; a rule there would be three dashes too, but not the very first line.
    if not markdown.startswith("---\n"):
        return markdown
    return markdown.partition("\n---\n")[2]
