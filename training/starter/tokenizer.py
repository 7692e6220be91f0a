"""A small byte-level BPE tokenizer with ChatML's turns: any text survives the round trip."""

from collections.abc import Iterable, Iterator, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.starter.architecture import MAX_TOKENS
from training.starter.cases import Case

START, END, PAD = "<|im_start|>", "<|im_end|>", "<|pad|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# Every line break stands alone: a prompt's tokens are then always a prefix of the conversation's. Numbers come in pairs
# of digits, each a token: few enough to be learnt, and telling enough to find one's place in "4777" again.
_PIECES = r"\n|'(?:s|t|re|ve|m|ll|d)\b|\d{1,2}| ?\p{L}+| ?[^\s\p{L}\d]+|[^\S\n]+(?!\S)|[^\S\n]"


def train_tokenizer(texts: Iterable[str], *, vocab_size: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer of `vocab_size` tokens learnt from `texts`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # transformers left this one without types
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[START],
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
        model_max_length=MAX_TOKENS,
    )


def case_texts(cases: Iterable[Case]) -> Iterator[str]:
    """Yield what is said in `cases`, for `train_tokenizer`."""
    for case in cases:
        for message in case.prompt:
            yield message["role"]
            yield message["content"]
        for turn in case.turns:
            yield turn.question
            yield turn.answer


def number_texts() -> Iterator[str]:
    """Yield every pair of digits, often enough to become a token."""
    for number in range(100):
        yield f"{number:02} " * 200


def word_texts(words: Sequence[str]) -> Iterator[str]:
    """Yield texts of `words`, frequent ones first, in which a word turns up the more often the earlier it stands."""
    for repeat in range(1, 101):
        often = words[: len(words) // repeat]
        yield " " + " ".join(often)
        if repeat % 3 == 0:
            yield " " + " ".join(word.capitalize() for word in often)
