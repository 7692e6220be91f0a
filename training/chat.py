"""A conversation as tokens: the base model's own chat template, and which of its tokens are learnt."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from training.errors import TrainingError
from training.examples import Example
from training.label_mask import masked_tokens
from training.prompt import Message

PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ':\\n' + message['content'] | trim }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:\\n' }}{% endif %}"
)
"""For base models that come without a chat template."""
MIN_MAX_LENGTH = 16


class ChatFormatError(TrainingError):
    """A tokenizer whose chat template cannot express a prompt and its answer."""


@dataclass(frozen=True)
class Encoded:
    """One example as tokens.

    `input_ids[answer_start:]` is the answer and its end of turn. It is what is learnt, but for the places in `masked`.
    """

    id: str
    input_ids: tuple[int, ...]
    answer_start: int
    truncated: bool
    masked: frozenset[int] = frozenset()

    @property
    def learnt(self) -> list[int]:
        """Return the places of the tokens that are learnt: always that of the end of turn, which is the last."""
        return [place for place in range(self.answer_start, len(self.input_ids)) if place not in self.masked]

    @property
    def target_tokens(self) -> int:
        """Return how many tokens are learnt: one at least."""
        return len(self.input_ids) - self.answer_start - len(self.masked)


def encode(tokenizer: PreTrainedTokenizerBase, example: Example, *, max_length: int) -> Encoded:
    """Return `example` in at most `max_length` tokens (16 or more).

    What is too long loses the middle of its prompt first: the instructions before and the question after it stay.
    Only an answer longer than three quarters of `max_length` is cut itself, before its end of turn, which is always
    there.

    Raises ChatFormatError when the template fails or the tokenizer has no token that ends a turn.
    """
    return encode_all(tokenizer, [example], max_length=max_length)[0]


def encode_all(tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example], *, max_length: int) -> list[Encoded]:
    """Return what `encode` returns for each of `examples`, in their order."""
    end = end_of_turn(tokenizer)
    return [_encode(tokenizer, example, end, max_length) for example in examples]


def _encode(tokenizer: PreTrainedTokenizerBase, example: Example, end: int, max_length: int) -> Encoded:
    prompt = prompt_tokens(tokenizer, example.prompt)
    answer = _answer_tokens(tokenizer, example, prompt, end)
    excess = len(prompt) + len(answer) - max_length
    if excess > 0:
        prompt_room = max(max_length - len(answer), max_length // 4)
        prompt = _cut_middle(tokenizer, example.prompt, prompt, prompt_room)
        answer_room = max_length - len(prompt)
        answer = answer if len(answer) <= answer_room else [*answer[: answer_room - 1], answer[-1]]
    masked = masked_tokens(tokenizer, answer[:-1], example.masked)
    return Encoded(
        example.id,
        (*prompt, *answer),
        answer_start=len(prompt),
        truncated=excess > 0,
        masked=frozenset(len(prompt) + place for place in masked),
    )


def prompt_tokens(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message]) -> list[int]:
    """Return the tokens after which a model answers `messages`: exactly these precede the answer in training.

    Control tokens that somebody typed are encoded as plain text. Raises ChatFormatError when the template fails.
    """
    return _render(tokenizer, messages, add_generation_prompt=True)


def end_of_turn(tokenizer: PreTrainedTokenizerBase) -> int:
    """Return the token that closes an answer. Raises ChatFormatError when there is none."""
    question: Message = {"role": "user", "content": "a"}
    answer: Message = {"role": "assistant", "content": "b"}
    prompt = _render(tokenizer, [question], add_generation_prompt=True)
    full = _render(tokenizer, [question, answer], add_generation_prompt=False)
    closing = [token for token in full[_common_prefix(prompt, full) :] if token in _control_tokens(tokenizer)]
    if closing:
        return closing[-1]
    if isinstance(tokenizer.eos_token_id, int):
        return tokenizer.eos_token_id
    raise ChatFormatError("this tokenizer has no end-of-turn token: set its eos_token")


def _answer_tokens(tokenizer: PreTrainedTokenizerBase, example: Example, prompt: list[int], end: int) -> list[int]:
    """Return the answer's tokens up to its end of turn; what a template writes after that is never generated."""
    full = _render(tokenizer, [*example.prompt, *example.completion], add_generation_prompt=False)
    if full[: len(prompt)] == prompt and end in full[len(prompt) :]:
        answer = full[len(prompt) :]
        return answer[: len(answer) - answer[::-1].index(end)]
    # The template rewrites history once it is answered, writes no end, or a merge crosses the border. At answer time
    # the model starts right after the prompt's tokens, so the answer is encoded on its own.
    text = "".join(message["content"] for message in example.completion).strip()
    answer = tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
    return [*answer, end]


def _cut_middle(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], prompt: list[int], room: int
) -> list[int]:
    """Return `room` tokens of `prompt`: its instructions (half of the room at most) and its end, the question."""
    if len(prompt) <= room:
        return prompt
    question: Message = {"role": messages[-1]["role"], "content": "?"}
    instructions = _common_prefix(prompt, prompt_tokens(tokenizer, [*messages[:-1], question]))
    head = min(instructions, room // 2)
    return prompt[:head] + prompt[len(prompt) - (room - head) :]


def _render(
    tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], *, add_generation_prompt: bool
) -> list[int]:
    try:
        return _apply(tokenizer, messages, add_generation_prompt)
    except TemplateError:
        pass
    try:
        return _apply(tokenizer, _alternating(messages), add_generation_prompt)
    except TemplateError as err:
        raise ChatFormatError(f"the base model's chat template fails on these messages: {err}") from err


def _apply(tokenizer: PreTrainedTokenizerBase, messages: Sequence[Message], add_generation_prompt: bool) -> list[int]:
    tokens: Any = tokenizer.apply_chat_template(
        [{"role": message["role"], "content": message["content"]} for message in messages],
        chat_template=None if tokenizer.chat_template else PLAIN_TEMPLATE,
        add_generation_prompt=add_generation_prompt,
        return_dict=False,
        # Text that looks like a control token must not end a turn or open a system message.
        sanitize_control_tokens=True,
        # Templates of reasoning models would otherwise leave the model to open a chain of thought, which no pair has.
        enable_thinking=False,
    )
    return [int(token) for token in tokens]


def _alternating(messages: Sequence[Message]) -> list[Message]:
    """Return `messages` for templates without a system role: it becomes part of the user's first message."""
    merged: list[Message] = []
    for message in messages:
        role = "user" if message["role"] == "system" else message["role"]
        if merged and merged[-1]["role"] == role:
            merged[-1] = {"role": role, "content": f"{merged[-1]['content']}\n\n{message['content']}"}
        else:
            merged.append({"role": role, "content": message["content"]})
    return merged


def _control_tokens(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    special = {index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
    return special | set(tokenizer.all_special_ids)


def _common_prefix(left: list[int], right: list[int]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))
