"""`python -m training.starter`: make the starter model from nothing but the packages that Timbre needs anyway."""

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path
from random import Random

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerBase

from training.starter.architecture import Shape, build_model, save_model
from training.starter.cases import Mix, draw_case
from training.starter.corpus import read_sentences, read_words
from training.starter.pretrain import Pretraining, Schedule
from training.starter.score import score
from training.starter.tokenizer import case_texts, number_texts, train_tokenizer, word_texts
from training.starter.words import Lexicon

_TOKENIZER_CASES = 2_000


def main() -> None:
    """Train a starter model, save it and score it; stopped and started again with the same folder, it goes on."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    lexicon = Lexicon(tuple(read_sentences()), tuple(read_words()))
    shape = Shape()
    tokenizer = make_tokenizer(lexicon, shape, seed=options.seed)
    model = build_model(shape, tokenizer, seed=options.seed).to(options.device)
    schedule = Schedule(steps=options.steps, decay_steps=options.decay_steps)
    training = Pretraining(model, tokenizer, lexicon, schedule, seed=options.seed, compiled=options.compile)
    options.out.mkdir(parents=True, exist_ok=True)
    state = options.out / "training.pt"
    if state.exists():
        training.load(state)

    def checkpoint() -> None:
        training.save(state)
        save_model(model, tokenizer, options.out)

    trained = training.run(checkpoint)
    final = AutoModelForCausalLM.from_pretrained(options.out)
    scores = score(final, tokenizer, lexicon, cases=options.cases, seed=options.seed + 1)
    report = json.dumps({"training": asdict(trained), **scores}, indent=2)
    (options.out / "scores.json").write_text(f"{report}\n", encoding="utf-8")
    print(report)  # noqa: T201 - the report is this command's output


def make_tokenizer(lexicon: Lexicon, shape: Shape, *, seed: int) -> PreTrainedTokenizerBase:
    """Return a tokenizer learnt from generated cases and from every sentence and word of `lexicon`."""
    rng = Random(f"{seed} tokenizer")  # noqa: S311 - it draws training data
    cases = case_texts(draw_case(rng, lexicon, Mix()) for _ in range(_TOKENIZER_CASES))
    texts = [*cases, *lexicon.sentences, *word_texts(lexicon.vocabulary), *number_texts()]
    return train_tokenizer(texts, vocab_size=shape.vocab_size)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.starter", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--steps", type=int, default=3000, help="how long to train (default: %(default)s)")
    parser.add_argument(
        "--decay-steps", type=int, default=300, help="the last of them, in which the learning rate falls"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=500, help="held-out cases of each sort to score on")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads (default: %(default)s)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--compile", action="store_true", help="half as fast again; needs a C++ compiler")
    return parser.parse_args()


if __name__ == "__main__":
    main()
