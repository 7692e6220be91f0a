from hypothesis import given
from hypothesis import strategies as st

from training.serving.text_stream import TextStream


def decode(tokens: list[int]) -> str:
    """One token a byte: characters beyond ASCII are whole only after several tokens."""
    return bytes(tokens).decode(errors="replace")


def write(text: str, *stop: str) -> tuple[list[str], TextStream]:
    stream = TextStream(decode, stop)
    pieces = []
    for token in text.encode():
        pieces.append(stream.push(token))
        if stream.stopped:
            return pieces, stream
    return [*pieces, stream.finish()], stream


@given(st.text())
def test_the_pieces_joined_are_the_text(text: str) -> None:
    assert "".join(write(text)[0]) == text


@given(st.text(alphabet="abé😀"), st.lists(st.text(alphabet="abé😀", min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_text_ends_before_whichever_stop_string_is_complete_first(text: str, stops: list[str]) -> None:
    pieces, stream = write(text, *stops)
    ends = [text.index(stop) + len(stop) for stop in stops if stop in text]

    if ends:
        completed = text[: min(ends)]
        assert "".join(pieces) == completed[: min(completed.index(stop) for stop in stops if stop in completed)]
    else:
        assert "".join(pieces) == text
    assert stream.stopped == bool(ends)


def test_a_character_is_held_back_until_it_is_whole() -> None:
    assert write("é!")[0] == ["", "é", "!", ""]


def test_what_may_become_a_stop_string_is_held_back() -> None:
    assert write("a##b", "###")[0] == ["a", "", "", "##b", ""]


def test_half_a_character_at_the_end_is_shown_as_one_mark() -> None:
    stream = TextStream(decode)

    assert [stream.push("é".encode()[0]), stream.finish()] == ["", "\N{REPLACEMENT CHARACTER}"]
