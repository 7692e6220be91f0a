"""One line of a pairs file: a chat that ends with an answer, in either of the two forms that are in use."""

import json
from dataclasses import dataclass
from typing import Any, cast

from training.prompt import Message

ROLES = ("system", "user", "assistant")
MAX_ANSWER_CHARACTERS = 20_000
"""A Slack message ends at 40,000 characters; an answer of half that is a pasted log, not a voice."""


@dataclass(frozen=True)
class ParsedChat:
    """What an answer replies to, and the answer, as the only message of `completion`."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    id: str | None
    group: str | None
    masked: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


def parse_chat(line: bytes) -> ParsedChat:
    """Return what a line says. Raises `ValueError` with what is wrong with it."""
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError as err:
        raise ValueError(f"not valid UTF-8 (byte {err.start + 1} of the line)") from err
    except json.JSONDecodeError as err:
        raise ValueError(f"not valid JSON ({err.msg} at column {err.colno})") from err
    except RecursionError as err:
        raise ValueError("not valid JSON (nested too deeply)") from err
    if not isinstance(row, dict):
        raise ValueError(f"expected a JSON object, got {_kind(row)}")
    if "messages" in row:
        row = {**row, **_divided(row)}
    prompt = _parse_messages(row, "prompt")
    completion = _parse_messages(row, "completion")
    if prompt[-1]["role"] == "assistant":
        raise ValueError("the prompt ends with an assistant message; it must end with what the answer replies to")
    _check_answer(completion)
    names = {key: _parse_name(row, key) for key in ("id", "group")}
    return ParsedChat(
        prompt, completion, **names, masked=_parse_texts(row, "masked"), quotes=_parse_texts(row, "quotes")
    )


def _divided(row: dict[str, Any]) -> dict[str, Any]:
    """Return a whole chat as what an answer replies to, and the answer."""
    if "prompt" in row or "completion" in row:
        raise ValueError('"messages" stands beside "prompt" or "completion"; keep one of the two forms')
    messages = _parse_messages(row, "messages")
    if messages[-1]["role"] != "assistant":
        raise ValueError(f'"messages" must end with the assistant\'s answer, not with {messages[-1]["role"]}')
    if len(messages) < 2:
        raise ValueError('"messages" must hold a question before the answer')
    return {"prompt": list(messages[:-1]), "completion": [messages[-1]]}


def _parse_messages(row: dict[str, Any], key: str) -> tuple[Message, ...]:
    if key not in row:
        raise ValueError(f'"{key}" is missing')
    messages = row[key]
    if not isinstance(messages, list) or not messages:
        raise ValueError(f'"{key}" must be a list of chat messages, got {_kind(messages)}')
    return tuple(_parse_message(message, key) for message in messages)


def _parse_message(message: Any, key: str) -> Message:
    if not isinstance(message, dict):
        raise ValueError(f'"{key}" must hold chat messages, got {_kind(message)}')
    role, content = message.get("role"), message.get("content")
    if role not in ROLES:
        raise ValueError(f'"{key}" has the unknown role {json.dumps(role)[:40]}; known are {", ".join(ROLES)}')
    if not isinstance(content, str):
        raise ValueError(f'"{key}" has a message whose "content" is {_kind(content)}, not text')
    try:
        content.encode()
    except UnicodeEncodeError as err:
        raise ValueError(f'"{key}" has text that is not valid Unicode (half of a surrogate pair)') from err
    return cast(Message, {"role": role, "content": content})


def _check_answer(completion: tuple[Message, ...]) -> None:
    if len(completion) != 1 or completion[0]["role"] != "assistant":
        roles = ", ".join(message["role"] for message in completion)
        raise ValueError(f'"completion" must be one assistant message, got {roles}')
    answer = completion[0]["content"]
    if not answer.strip():
        raise ValueError("the answer is empty")
    if len(answer) > MAX_ANSWER_CHARACTERS:
        raise ValueError(f"the answer is {len(answer)} characters long; at most {MAX_ANSWER_CHARACTERS} can be learnt")


def _parse_name(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if value is None or (isinstance(value, str) and value):
        return value
    raise ValueError(f'"{key}" must be a non-empty text, got {_kind(value)}')


def _parse_texts(row: dict[str, Any], key: str) -> tuple[str, ...]:
    texts = row.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f'"{key}" must be a list of non-empty texts')
    return tuple(texts)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if value in ("", [], {}):
        return "nothing"
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return names[type(value)]
