import gc
import json
import queue
import resource
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel

from tests.training.serving.collected import Collected
from tests.training.serving.voices import quiet_peft, resign
from training.chat import end_of_turn, prompt_tokens
from training.models import Base, load_base
from training.serving.engine import Engine
from training.serving.errors import (
    AdapterNotFound,
    AdapterRefused,
    ContextLengthExceeded,
    GenerationFailed,
    ModelNotFound,
    QueueFull,
)
from training.serving.generation import Event, Failed, Finished, Piece
from training.serving.sampling import Sampling
from training.serving.scheduler import SchedulerSettings

Ask = Callable[..., Collected]
QUESTIONS = ["Hi", "What does the Cobus plan cost, and since when does it cost that?", "Who?", "x" * 90, "Where is it?"]


def reference(lively_folder: Path, adapter: Path | None, question: str, tokens: int) -> list[int]:
    """Return what transformers itself generates greedily, alone, without this server's loop."""
    base = load_base(lively_folder, dtype="float32")
    with quiet_peft():
        model = PeftModel.from_pretrained(base.model, str(adapter)) if adapter else base.model
    ids = torch.tensor([prompt_tokens(base.tokenizer, [{"role": "user", "content": question}])])
    generate: Any = model.generate
    with torch.inference_mode():
        output = generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            do_sample=False,
            eos_token_id=end_of_turn(base.tokenizer),
        )
    written: list[int] = output[0, ids.shape[1] :].tolist()
    return written


def test_voices_asked_at_once_each_say_what_they_say_alone(
    engine: Engine, ask: Ask, voices: list[Path], lively_folder: Path, lively: Base
) -> None:
    for number, folder in enumerate(voices):
        engine.load_adapter(f"voice-{number}", folder)
    models = ["base", *(f"voice-{number}" for number in range(len(voices)))]
    asked = [(model, question, 8 + 9 * at) for model in models for at, question in enumerate(QUESTIONS)]

    together = [ask(question, model, max_tokens=tokens) for model, question, tokens in asked]

    folders = dict(zip(models, [None, *voices], strict=True))
    for (model, question, tokens), collected in zip(asked, together, strict=True):
        expected = reference(lively_folder, folders[model], question, tokens)
        assert len(set(expected)) > len(expected) // 3, "a model that repeats itself would hide mistakes"
        answer = collected.result()
        assert answer.text == lively.tokenizer.decode(expected, skip_special_tokens=True), (model, question)
        assert answer.tokens == len(expected)


def test_the_voices_of_these_tests_differ(engine: Engine, ask: Ask, voices: list[Path]) -> None:
    for number, folder in enumerate(voices):
        engine.load_adapter(f"voice-{number}", folder)

    said = {ask("Who?", model).result().text for model in ["base", "voice-0", "voice-1", "voice-2", "voice-3"]}

    assert len(said) == 5


def test_a_question_joins_while_another_is_being_answered(ask: Ask) -> None:
    long = ask("Tell me everything", max_tokens=400, stream=True)
    assert isinstance(long.next(), Piece)

    short = ask("Hi", max_tokens=3).result()

    assert short.tokens <= 3
    assert not long.generation.cancelled
    assert long.result().tokens == 400


def test_joining_and_leaving_changes_no_answer(ask: Ask) -> None:
    alone = ask("Tell me everything", max_tokens=300).result().text

    long = ask("Tell me everything", max_tokens=300, stream=True)
    for number in range(6):
        long.next()
        ask("y" * (40 * number + 1), max_tokens=2 + number).result()

    assert long.result().text == alone


def test_streamed_pieces_are_the_whole_answer(ask: Ask) -> None:
    collected = ask("Who?", stream=True)

    whole = collected.result()

    assert "".join(piece.text for piece in collected.pieces if isinstance(piece, Piece)) == whole.text
    assert whole.reason == "length"
    assert whole.tokens == 24


def test_a_seed_draws_the_same_answer_whoever_else_is_asked(ask: Ask) -> None:
    alone = ask("Who?", temperature=1.0, seed=7).result().text

    crowd = [ask("Who?", temperature=1.0, seed=seed) for seed in (1, 7, 2)]

    assert [collected.result().text == alone for collected in crowd] == [False, True, False]


def test_a_tiny_nucleus_is_greedy(ask: Ask) -> None:
    assert ask("Who?", temperature=1.0, top_p=0.0).result().text == ask("Who?").result().text


def test_an_answer_ends_before_a_stop_string(ask: Ask) -> None:
    whole = ask("Who?").result().text
    stop = whole[5:8]

    stopped = ask("Who?", stop=(stop,)).result()

    assert stopped.text == whole[: whole.index(stop)]
    assert stopped.reason == "stop"


def test_an_answer_ends_at_the_end_of_turn(lively_folder: Path) -> None:
    base = load_base(lively_folder, dtype="float32")
    first = reference(lively_folder, None, "Who?", 3)
    # The third token of what it would say becomes an end of turn.
    base.model.generation_config.eos_token_id = [first[2]]
    engine = Engine(base)
    engine.start()

    answer = Collected.of(engine, "Who?").result()
    engine.close()

    assert answer == Finished(str(base.tokenizer.decode(first[:2])), "stop", 3)


def test_a_cancelled_answer_is_heard_of_no_more_and_leaves_the_batch(engine: Engine, ask: Ask) -> None:
    long = ask("Tell me everything", max_tokens=480, stream=True)
    long.next()

    long.generation.cancel()
    ask("Hi", max_tokens=2).result()

    assert engine.load() == (0, 0)


def test_the_answer_is_capped_to_the_window(engine: Engine, ask: Ask) -> None:
    prompt = engine.encode([{"role": "user", "content": "z" * 460}])

    answer = ask("z" * 460, max_tokens=10_000).result()

    assert len(prompt) + answer.tokens == engine.window
    assert answer.reason == "length"


def test_a_prompt_as_long_as_the_window_is_refused_with_both_numbers(engine: Engine, ask: Ask) -> None:
    with pytest.raises(ContextLengthExceeded, match=r"window is 512 tokens; the prompt is \d{3,} tokens"):
        ask("z" * 512)


def test_more_requests_than_the_queue_holds_are_refused(lively: Base) -> None:
    engine = Engine(lively, settings=SchedulerSettings(max_batch=1, max_queue=2))
    # Not started: nothing leaves the queue.
    waiting = [Collected.of(engine, "Hi") for _ in range(2)]

    with pytest.raises(QueueFull, match="2 requests are waiting"):
        Collected.of(engine, "Hi")

    engine.start()
    assert all(collected.result().tokens for collected in waiting)
    engine.close()


def test_closing_fails_what_is_not_complete(engine: Engine, ask: Ask) -> None:
    long = ask("Tell me everything", max_tokens=480, stream=True)
    long.next()

    engine.close()

    while isinstance(event := long.next(), Piece):
        pass
    assert isinstance(event, Failed)
    with pytest.raises(GenerationFailed):
        ask("Hi")


def test_an_unloaded_voice_finishes_its_answers_and_takes_no_more(engine: Engine, ask: Ask, voices: list[Path]) -> None:
    engine.load_adapter("voice", voices[0])
    expected = ask("Tell me everything", "voice", max_tokens=200).result().text
    running = ask("Tell me everything", "voice", max_tokens=200, stream=True)
    running.next()

    engine.unload_adapter("voice")

    assert running.result().text == expected
    with pytest.raises(ModelNotFound, match="'voice' is not loaded"):
        ask("Hi", "voice")
    with pytest.raises(AdapterNotFound):
        engine.unload_adapter("voice")


def test_the_base_speaks_as_before_once_voices_came_and_went(engine: Engine, ask: Ask, voices: list[Path]) -> None:
    before = ask("Who?").result().text
    for _ in range(2):
        for number, folder in enumerate(voices):
            engine.load_adapter(f"voice-{number}", folder)
        for number in range(len(voices)):
            engine.unload_adapter(f"voice-{number}")

    assert ask("Who?").result().text == before


def test_a_name_that_is_loaded_is_refused(engine: Engine, voices: list[Path]) -> None:
    engine.load_adapter("voice", voices[0])

    for name in ("voice", "base"):
        with pytest.raises(AdapterRefused, match=f"'{name}' has already been loaded"):
            engine.load_adapter(name, voices[0])


def test_a_name_never_stands_for_other_weights(engine: Engine, voices: list[Path]) -> None:
    engine.load_adapter("voice", voices[0])
    engine.unload_adapter("voice")

    with pytest.raises(AdapterRefused, match="stood for other weights"):
        engine.load_adapter("voice", voices[1])
    engine.load_adapter("voice", voices[0])

    assert [adapter.name for adapter in engine.adapters()] == ["voice"]


def test_two_loads_of_one_name_at_the_same_time_load_once(engine: Engine, voices: list[Path]) -> None:
    outcomes: list[str] = []

    def load(folder: Path) -> None:
        try:
            outcomes.append(engine.load_adapter("voice", folder).name)
        except AdapterRefused as err:
            outcomes.append(str(err))

    threads = [threading.Thread(target=load, args=(folder,)) for folder in voices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes)[3] == "voice"
    assert len(engine.adapters()) == 1


def test_a_model_that_fails_fails_its_batch_and_serves_the_next(
    engine: Engine, ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    unheard: queue.Queue[Event] = queue.Queue()
    beyond_the_vocabulary = [10**6]

    engine.submit("base", beyond_the_vocabulary, Sampling(), unheard.put)

    assert isinstance(unheard.get(timeout=10), Failed)
    assert "IndexError" in caplog.text
    assert ask("Who?").result().tokens == 24


def test_an_adapter_whose_weights_do_not_fit_leaves_nothing_behind(
    engine: Engine, ask: Ask, voices: list[Path], tmp_path: Path
) -> None:
    before = ask("Who?").result().text
    misfit = tmp_path / "misfit"
    shutil.copytree(voices[0], misfit)
    config = json.loads((misfit / "adapter_config.json").read_text())
    (misfit / "adapter_config.json").write_text(json.dumps({**config, "r": config["r"] + 3}))
    resign(misfit)

    with pytest.raises(AdapterRefused, match="does not fit the base model"):
        engine.load_adapter("voice", misfit)
    engine.load_adapter("voice", voices[0])

    assert ask("Who?").result().text == before
    assert ask("Who?", "voice").result().text != before


def come_and_go(engine: Engine, voices: list[Path], numbers: range) -> None:
    for number in numbers:
        engine.load_adapter(f"voice-{number}", voices[number % len(voices)])
        Collected.of(engine, "Hi", f"voice-{number}", max_tokens=1).result()
        engine.unload_adapter(f"voice-{number}")
    # The last one is freed before anything else is written.
    Collected.of(engine, "Hi", max_tokens=2).result()


def test_voices_that_come_and_go_leave_no_tensors_behind(engine: Engine, voices: list[Path]) -> None:
    come_and_go(engine, voices, range(8))
    before = tensors_alive()

    come_and_go(engine, voices, range(8, 40))

    # A batch that is just being cleared holds a few; one left behind by each voice would be 32.
    assert tensors_alive() < before + 32


@pytest.mark.slow
def test_200_voices_that_come_and_go_grow_memory_by_less_than_2_percent(engine: Engine, voices: list[Path]) -> None:
    come_and_go(engine, voices, range(20))
    before = resident_bytes()

    come_and_go(engine, voices, range(20, 220))

    assert resident_bytes() < before * 1.02


def tensors_alive() -> int:
    gc.collect()
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
