"""Score a starter model on held-out generated cases: the value, the citation, the refusal, the speed."""

import re
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from training.starter.cases import REFUSAL, Case, Mix, draw_case
from training.starter.words import Lexicon

ARMS = {
    "cases": Mix(missing=0.0, turns=1, sentences=0.0),
    "new_templates": Mix(missing=0.0, turns=1, sentences=0.0, held_out=True),
    "sentences": Mix(missing=0.0, turns=1, sentences=1.0),
    "missing": Mix(missing=1.0, turns=1, sentences=0.0),
}
"""What is asked: facts, facts in words that training never showed, prose, and what no passage tells."""
_CITATION = re.compile(r"\[(\d+)\]")
_ANSWER_TOKENS = 90
_TIMED_TOKENS = 100


def score(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    lexicon: Lexicon,
    *,
    cases: int,
    seed: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """Return the shares of answers, 0 to 1, that hold what was asked for; `seed` must not be one trained with."""
    report: dict[str, Any] = {}
    for name, mix in ARMS.items():
        drawn = draw_cases(lexicon, mix, cases, seed=f"{seed} {name}")
        answers = answer_all(model, tokenizer, drawn)
        report[name] = share_refused(answers) if name == "missing" else share_right(drawn, answers)
    report["tokens_per_s"] = round(speed(model, tokenizer, clock), 1)
    return report


def draw_cases(lexicon: Lexicon, mix: Mix, count: int, *, seed: str) -> list[Case]:
    """Return `count` cases; the same seed draws the same."""
    rng = Random(seed)  # noqa: S311 - it draws test data
    return [draw_case(rng, lexicon, mix) for _ in range(count)]


def share_right(cases: Sequence[Case], answers: Sequence[str]) -> dict[str, float]:
    """Return how many answers hold the value, and how many cite its passage and no other."""
    asked = [(case.turns[0], answer) for case, answer in zip(cases, answers, strict=True)]
    valued = sum(turn.value is not None and turn.value.lower() in answer.lower() for turn, answer in asked)
    cited = sum(set(_CITATION.findall(answer)) == {str(turn.citation)} for turn, answer in asked)
    return {"value": round(valued / len(asked), 3), "citation": round(cited / len(asked), 3)}


def share_refused(answers: Sequence[str]) -> dict[str, float]:
    """Return how many answers say that they don't know."""
    return {"refused": round(sum(REFUSAL.lower() in answer.lower() for answer in answers) / len(answers), 3)}


def answer_all(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, cases: Sequence[Case], *, batch: int = 50
) -> list[str]:
    """Return the model's greedy answer to each case."""
    prompts = [_prompt(tokenizer, case) for case in cases]
    order = sorted(range(len(cases)), key=lambda index: len(prompts[index]))
    answers = [""] * len(cases)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        for index, text in zip(chosen, _answers(model, tokenizer, [prompts[index] for index in chosen]), strict=True):
            answers[index] = text
    return answers


def speed(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, clock: Callable[[], float]) -> float:
    """Return the new tokens a second of one request, its prompt of about 140 tokens included."""
    inputs = tokenizer("Passages: the plan costs money. " * 20, return_tensors="pt", add_special_tokens=False)
    ids = inputs["input_ids"].to(model.device)
    _generate(model, ids, min_new_tokens=8, max_new_tokens=8)
    started = clock()
    _generate(model, ids, min_new_tokens=_TIMED_TOKENS, max_new_tokens=_TIMED_TOKENS)
    return _TIMED_TOKENS / (clock() - started)


def _prompt(tokenizer: PreTrainedTokenizerBase, case: Case) -> str:
    messages = [{"role": message["role"], "content": message["content"]} for message in case.prompt]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def _answers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, prompts: list[str]) -> list[str]:
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="left", add_special_tokens=False)
    ids, mask = inputs["input_ids"].to(model.device), inputs["attention_mask"].to(model.device)
    generated = _generate(model, ids, attention_mask=mask, max_new_tokens=_ANSWER_TOKENS)
    return list(tokenizer.batch_decode(generated[:, ids.shape[1] :], skip_special_tokens=True))


@torch.inference_mode()
def _generate(model: PreTrainedModel, ids: torch.Tensor, **options: Any) -> torch.Tensor:
    model.train(False)
    generated: torch.Tensor = model.generate(ids, do_sample=False, **options)  # type: ignore[operator] # typed as nn.Module's attribute
    return generated
