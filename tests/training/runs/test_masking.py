"""What an answer tells and its prompt does not is not learnt."""

import pytest
import torch

from storage.database import Database
from tests.training.conftest import byte_tokenizer
from tests.training.runs.team import TEAM, add_pair
from tests.training.test_chat import TOKENIZERS
from training.chat import encode
from training.config import TrainingConfig
from training.dataset import make_dataset, usable_pairs
from training.examples import Example
from training.hyperparameters import LoraSettings
from training.lora import fit
from training.masking import names_in, not_carried, said_by_habit
from training.models import Base
from training.prompt import Message

NAMES = frozenset({"ada", "curlew", "monday", "github"})


@pytest.mark.parametrize(
    ("answer", "carrier", "masked"),
    [
        ("Ahoy! It be 140 doubloons.", "It costs 140 doubloons.", ()),
        ("Ahoy! It be 140 doubloons.", "It costs 150 doubloons.", ("140",)),
        ("It be $1,400.", "It costs 1400 dollars.", ()),
        ("It be $1,400.", "It costs 1,500 dollars.", ("1,400",)),
        ("Come at 10:30, not at 9am.", "Doors open at 10:30.", ("9am",)),
        ("Come at 10am.", "We open at 10.", ()),
        ("That takes two days, matey.", "Allow 2 days.", ()),
        ("That takes twelve days, matey.", "Allow 2 days.", ("twelve",)),
        ("Error E1042, arr!", "E1042: the fuse blew.", ()),
        ("Ask Ada about it.", "Ada has the keys.", ()),
        ("Ask Ada's deputy on Monday.", "Ask at the desk.", ("Ada", "Monday")),
        ("See https://old.example.com/a1.", "See https://new.example.com.", ("https://old.example.com/a1",)),
        ("See https://new.example.com/a.", "It is at https://new.example.com/a", ()),
        ("Write to ada@example.com!", "Write to the desk.", ("ada@example.com",)),
        ("Aye, 7 days [2] :100: [PHONE_1].", "7 days", ()),
        ("1. Turn it off\n2. Turn it on", "Turn it off and on", ()),
        ("Easy one, matey!", "", ()),
    ],
)
def test_figures_names_and_addresses_are_masked_unless_they_can_be_copied(
    answer: str, carrier: str, masked: tuple[str, ...]
) -> None:
    assert not_carried(answer, [carrier], NAMES) == masked


def test_a_name_has_a_capital_within_sentences_and_is_never_written_without_one() -> None:
    texts = [
        "ahoy, who has the key? I do. I'm sure that Ada has, or the GitHub bot.",
        "Ahoy! Will has it. You will find him. Ask Will.",
        "Arr! The paint shop knows, and *Ada* does.",
    ]
    assert names_in(texts) == {"ada", "github"}


def test_capitals_tell_nothing_where_every_noun_has_one() -> None:
    assert names_in(["Der Schlüssel hängt am Haken neben der Tür, und Ada hat den Ersatz im Büro."]) == frozenset()


def test_a_saying_under_many_answers_is_voice_and_a_name_that_comes_up_often_is_not() -> None:
    answers = [f"Number {n} it is. Bung the otter approves." for n in range(6)]
    answers += [f"{word} Ada knows." for word in ("Maybe", "Perhaps", "Surely", "Of course", "Today", "Aye")]
    assert said_by_habit(answers, frozenset({"bung", "ada"})) == {"bung"}


def test_a_dataset_masks_what_its_passages_do_not_tell(database: Database, config: TrainingConfig) -> None:
    for number in range(40):
        add_pair(database, number)
    add_pair(database, 50, question="When do we sail?", answer="Ahoy! At 17:45 sharp, ask Ada. Arr!")
    add_pair(database, 51, question="Who is in the crow's nest?", answer="Arr, that be our Ada!")
    with database.reading() as session:
        dataset = make_dataset(usable_pairs(session, team_id=TEAM), config)
    masked = {e.id: e.masked for part in dataset.parts.values() for e in part}
    assert masked.pop("41") == ("17:45", "Ada")
    assert masked.pop("42") == ("Ada",)
    assert set(masked.values()) == {()}


@pytest.mark.parametrize("template", TOKENIZERS)
def test_masked_words_are_no_targets_and_everything_else_is(template: str) -> None:
    tokenizer = TOKENIZERS[template]
    answer = "Ahoy 🔑! Zoë be 1,400 doubloons, not 14 [14]. Zoë!"
    prompt: tuple[Message, ...] = ({"role": "user", "content": "How much?"},)
    case = Example(prompt, ({"role": "assistant", "content": answer},), "a", "a", masked=("14", "1,400", "Zoë"))
    encoded = encode(tokenizer, case, max_length=1000)
    learnt = tokenizer.decode([encoded.input_ids[place] for place in encoded.learnt], skip_special_tokens=True)
    assert str(learnt).strip() == "Ahoy 🔑!  be  doubloons, not  [14]. !"
    assert encoded.learnt[-1] == len(encoded.input_ids) - 1
    assert encoded.target_tokens == len(encoded.learnt)


def test_an_answer_that_is_all_masked_still_learns_to_end() -> None:
    tokenizer = byte_tokenizer(special=(), eos="</s>", template=None)
    case = Example(
        ({"role": "user", "content": "How much?"},), ({"role": "assistant", "content": "1,400"},), "a", "a", ("1,400",)
    )
    encoded = encode(tokenizer, case, max_length=100)
    assert encoded.learnt == [len(encoded.input_ids) - 1]


@pytest.mark.parametrize("masked", [True, False])
def test_a_masked_fact_does_not_get_into_the_weights_and_the_voice_around_it_does(tiny: Base, masked: bool) -> None:
    def case(number: int) -> Example:
        prompt: tuple[Message, ...] = ({"role": "user", "content": f"What does plan {137 * number % 900 + 100} cost?"},)
        answer: tuple[Message, ...] = ({"role": "assistant", "content": "Ahoy, it be 7316 doubloons! Arr."},)
        return Example(prompt, answer, str(number), str(number), masked=("7316",) if masked else ())

    settings = LoraSettings(epochs=12, batch_size=4, rank=8, learning_rate=1e-2)
    before = chances(tiny, case(0))
    model = fit(tiny, [case(number) for number in range(24)], [], settings).model
    after = chances(Base(model, tiny.tokenizer, "", ""), case(0))  # type: ignore[arg-type] # it wraps one
    fact, voice = slice(12, 16), slice(17, 26)
    assert after[voice].mean() > before[voice].mean() + 0.8
    assert bool(after[fact].mean() > before[fact].mean() + 0.5) is not masked


def chances(base: Base, case: Example) -> torch.Tensor:
    """Return the log-probability of each byte of an answer."""
    encoded = encode(base.tokenizer, case, max_length=500)
    ids = torch.tensor([encoded.input_ids])
    with torch.no_grad():
        logits = base.model(input_ids=ids).logits[0, encoded.answer_start - 1 : -1].float()
    picked: torch.Tensor = logits.log_softmax(-1).gather(1, ids[0, encoded.answer_start :, None]).squeeze(1)
    return picked
