import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from prometheus_client.parser import text_string_to_metric_families

from tests.training.serving.fakes import HashEmbedder
from tests.training.serving.voices import write_adapter
from training.models import load_base
from training.serving.engine import Engine
from training.serving.server import listen, server

LONG = 400
QUESTION: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}]


def body_of(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()["error"]
    assert set(body) == {"message", "type", "param", "code"}
    return body


@pytest.fixture(scope="module")
def engine(lively_folder: Path) -> Iterator[Engine]:
    """Return one engine for all tests here: each leaves it as it was."""
    engine = Engine(load_base(lively_folder, dtype="float32"))
    engine.start()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def url(engine: Engine) -> Iterator[str]:
    """Return the URL of a model server on a real socket."""
    with closing(listen("127.0.0.1", 0)) as listener:
        ready: queue.Queue[str] = queue.Queue()
        running = server(engine, HashEmbedder(), on_ready=ready.put)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield ready.get(timeout=10)
        running.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[openai.OpenAI]:
    """Return OpenAI's own client, pointed at the server."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0, timeout=30) as client:
        yield client


def test_the_openai_client_gets_an_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="base", messages=QUESTION, temperature=0, max_tokens=12)

    assert answer.object == "chat.completion"
    assert answer.model == "base"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12


def test_tokens_are_told_where_vllm_tells_them(url: str, engine: Engine) -> None:
    asked = {"model": "base", "messages": QUESTION}

    told = httpx.post(f"{url}/tokenize", json=asked).json()
    text = httpx.post(f"{url}/tokenize", json={"model": "base", "prompt": "Who?"}).json()

    tokens = engine.encode(QUESTION)
    assert told == {"count": len(tokens), "max_model_len": engine.window, "tokens": tokens}
    assert 1 <= text["count"] < told["count"]


def test_a_request_for_tokens_names_a_model_and_either_a_text_or_messages(url: str) -> None:
    both = {"model": "base", "prompt": "Who?", "messages": QUESTION}

    assert body_of(httpx.post(f"{url}/tokenize", json=both))["param"] == "prompt"
    assert body_of(httpx.post(f"{url}/tokenize", json={"model": "base"}))["param"] == "prompt"
    unknown = httpx.post(f"{url}/tokenize", json={"model": "other", "prompt": "Who?"})
    assert (unknown.status_code, body_of(unknown)["code"]) == (404, "model_not_found")


def test_a_stream_carries_the_same_answer_in_openai_chunks(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(model="base", messages=QUESTION, temperature=0, max_completion_tokens=12)

    stream = client.chat.completions.create(
        model="base",
        messages=QUESTION,
        temperature=0,
        max_completion_tokens=12,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks: list[ChatCompletionChunk] = list(stream)

    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "length"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage


def test_a_stream_ends_with_done(url: str) -> None:
    request = {"model": "base", "messages": QUESTION, "stream": True, "max_tokens": 2}

    response = httpx.post(f"{url}/v1/chat/completions", json=request)

    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.endswith("\n\ndata: [DONE]\n\n")
    assert not any("usage" in line for line in response.text.splitlines())


def test_the_temperature_is_1_when_none_is_sent(client: openai.OpenAI) -> None:
    def answer(**wanted: Any) -> Any:
        said = client.chat.completions.create(model="base", messages=QUESTION, max_tokens=30, seed=3, **wanted)
        return said.choices[0].message.content

    assert answer() == answer(temperature=1.0) != answer(temperature=0.0)


def test_content_may_come_in_parts(client: openai.OpenAI) -> None:
    parts: Any = [{"role": "user", "content": [{"type": "text", "text": "Wh"}, {"type": "text", "text": "o?"}]}]
    plain: Any = [{"role": "user", "content": "Who?"}]

    answers = [
        client.chat.completions.create(model="base", messages=messages, temperature=0, max_tokens=8)
        for messages in (parts, plain)
    ]

    assert answers[0].choices[0].message.content == answers[1].choices[0].message.content


def test_an_unknown_model_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="'voice-9' is not loaded") as caught:
        client.chat.completions.create(model="voice-9", messages=QUESTION)

    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"


def test_a_prompt_longer_than_the_window_is_refused_before_a_stream_begins(client: openai.OpenAI) -> None:
    long: Any = [{"role": "user", "content": "word " * 300}]

    with pytest.raises(openai.BadRequestError, match=r"512 tokens; the prompt is 1\d{3} tokens") as caught:
        client.chat.completions.create(model="base", messages=long, stream=True)

    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"temperature": float("nan")}, None),
        ({"top_p": -0.1}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"seed": 2**70}, "seed"),
        ({"stop": ["a", ""]}, "stop"),
        ({"n": 2}, "n"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages"),
        ({"model": None}, "model"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
    ],
)
def test_a_wrong_field_is_named(url: str, change: dict[str, Any], param: str | None) -> None:
    request = {"model": "base", "messages": QUESTION, **change}

    response = httpx.post(f"{url}/v1/chat/completions", content=json.dumps(request))

    assert response.status_code == 400
    error = body_of(response)
    assert error["type"] == "invalid_request_error"
    if param:
        assert error["param"] == param


@pytest.mark.parametrize("path", ["chat/completions", "embeddings", "load_lora_adapter", "unload_lora_adapter"])
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"3"])
def test_a_body_that_is_not_a_json_object_is_refused(url: str, path: str, body: bytes) -> None:
    response = httpx.post(f"{url}/v1/{path}", content=body)

    assert response.status_code == 400
    assert "body" in body_of(response)["message"]


def test_an_unknown_path_and_method_are_refused_in_openais_shape(url: str) -> None:
    assert body_of(httpx.get(f"{url}/v1/completions"))["message"] == "GET /v1/completions is not served here."
    assert httpx.get(f"{url}/v1/completions").status_code == 404
    assert httpx.get(f"{url}/v1/chat/completions").status_code == 405


def test_embeddings_arrive_the_same_in_both_encodings(client: openai.OpenAI, url: str) -> None:
    texts = ["one", "two", "three"]

    coded = client.embeddings.create(model="hash", input=texts)
    plain = client.embeddings.create(model="hash", input=texts, encoding_format="float")

    first, second = (np.array([item.embedding for item in result.data]) for result in (coded, plain))
    assert first.shape == (3, 8)
    assert np.allclose(first, second, atol=1e-7)
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)
    assert [item.index for item in coded.data] == [0, 1, 2]
    assert coded.usage.prompt_tokens == len("onetwothree")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"model": "base", "input": "x"}, 404),
        ({"model": "hash", "input": []}, 400),
        ({"model": "hash", "input": [1, 2]}, 400),
        ({"model": "hash", "input": "x", "dimensions": 3}, 400),
        ({"model": "hash", "input": "x", "encoding_format": "hex"}, 400),
    ],
)
def test_a_wrong_embedding_request_is_refused(url: str, request_: dict[str, Any], status: int) -> None:
    response = httpx.post(f"{url}/v1/embeddings", json=request_)

    assert response.status_code == status
    assert body_of(response)["param"] in {"model", "input", "dimensions", "encoding_format"}


def test_a_voice_is_loaded_asked_listed_and_unloaded(client: openai.OpenAI, url: str, voices: list[Path]) -> None:
    request = {"lora_name": "voice-1", "lora_path": str(voices[0])}

    loaded = httpx.post(f"{url}/v1/load_lora_adapter", json=request)
    again = httpx.post(f"{url}/v1/load_lora_adapter", json=request)
    cards = {card.id: card.to_dict() for card in client.models.list()}
    said = [
        client.chat.completions.create(model=model, messages=QUESTION, temperature=0, max_tokens=12)
        for model in ("base", "voice-1")
    ]
    unloaded = httpx.post(f"{url}/v1/unload_lora_adapter", json={"lora_name": "voice-1"})
    gone = httpx.post(f"{url}/v1/unload_lora_adapter", json={"lora_name": "voice-1"})

    assert (loaded.status_code, loaded.text) == (200, "Success: LoRA adapter 'voice-1' added successfully.")
    assert again.status_code == 400
    assert "already been loaded" in body_of(again)["message"]
    assert list(cards) == ["base", "voice-1", "hash"]
    assert cards["voice-1"]["parent"] == "base"
    assert cards["base"]["max_model_len"] == 512
    assert said[0].choices[0].message.content != said[1].choices[0].message.content
    assert said[1].model == "voice-1"
    assert (unloaded.status_code, unloaded.text) == (200, "Success: LoRA adapter 'voice-1' removed successfully.")
    assert gone.status_code == 404
    assert [card.id for card in client.models.list()] == ["base", "hash"]


def test_one_model_can_be_looked_up(client: openai.OpenAI) -> None:
    assert client.models.retrieve("base").id == "base"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody")


def test_incomplete_changed_foreign_and_missing_adapters_are_refused(
    client: openai.OpenAI, url: str, lively_folder: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    unfinished = write_adapter(lively_folder, tmp_path / "unfinished", seed=1)
    (unfinished / "manifest.json").unlink()
    changed = write_adapter(lively_folder, tmp_path / "changed", seed=1)
    weights = changed / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    foreign = write_adapter(tiny_folder, tmp_path / "foreign", seed=1)
    dora = write_adapter(lively_folder, tmp_path / "dora", seed=1, use_dora=True)
    expected = {
        unfinished: (400, "manifest.json is missing"),
        changed: (400, "sha256 differs"),
        foreign: (400, "Retrain it on this base"),
        dora: (400, "DoRA"),
        tmp_path / "nowhere": (404, "no adapter folder"),
    }

    for folder, (status, message) in expected.items():
        response = httpx.post(f"{url}/v1/load_lora_adapter", json={"lora_name": "voice", "lora_path": str(folder)})
        assert response.status_code == status
        assert message in body_of(response)["message"]
    assert [card.id for card in client.models.list()] == ["base", "hash"]


def test_generation_stops_when_the_client_of_a_stream_leaves(
    client: openai.OpenAI, engine: Engine, long_answer_seconds: float
) -> None:
    stream = client.chat.completions.create(
        model="base", messages=QUESTION, temperature=0, max_tokens=LONG, stream=True
    )
    pieces = (chunk.choices[0].delta.content for chunk in stream)
    assert next(piece for piece in pieces if piece)
    assert engine.load()[0] == 1

    stream.close()

    wait_until_idle(engine, within=long_answer_seconds / 2)


def test_generation_stops_when_a_client_that_waits_for_the_whole_leaves(
    url: str, engine: Engine, long_answer_seconds: float
) -> None:
    parts = urlsplit(url)
    request = {"model": "base", "messages": QUESTION, "temperature": 0, "max_tokens": LONG}
    body = json.dumps(request).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
        connection.sendall(head + body)
        while engine.load()[0] == 0:
            time.sleep(0.001)

    wait_until_idle(engine, within=long_answer_seconds / 2)


@pytest.fixture(scope="module")
def long_answer_seconds(client: openai.OpenAI) -> float:
    """Return how long an answer of LONG tokens takes when nobody leaves."""
    begun = time.monotonic()
    answer = client.chat.completions.create(model="base", messages=QUESTION, temperature=0, max_tokens=LONG)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == LONG
    return time.monotonic() - begun


def wait_until_idle(engine: Engine, *, within: float) -> None:
    deadline = time.monotonic() + within
    while engine.load() != (0, 0):
        assert time.monotonic() < deadline, "the answer is still being written"
        time.sleep(0.005)


def test_health_says_how_busy_the_server_is(url: str) -> None:
    assert httpx.get(f"{url}/health").json() == {"status": "ok", "running": 0, "waiting": 0}


def test_metrics_count_requests_tokens_and_answers(url: str) -> None:
    before = metrics(url)
    for stream in (True, False):
        asked = {"model": "base", "messages": QUESTION, "temperature": 0, "max_tokens": 7, "stream": stream}
        assert httpx.post(f"{url}/v1/chat/completions", json=asked).status_code == 200
    assert httpx.get(f"{url}/nowhere").status_code == 404
    after = metrics(url)

    def grown(name: str) -> float:
        return after.get(name, 0.0) - before.get(name, 0.0)

    assert grown('timbre_requests_total{path="/v1/chat/completions",status="200"}') == 2
    assert grown('timbre_requests_total{path="other",status="404"}') == 1
    assert grown('timbre_tokens_total{kind="completion",model="base"}') == 14
    assert grown('timbre_tokens_total{kind="prompt",model="base"}') > 14
    assert grown('timbre_answer_seconds_count{model="base"}') == 2
    assert after["timbre_answers_running"] == after["timbre_requests_waiting"] == 0
    assert after["timbre_adapters_loaded"] == before["timbre_adapters_loaded"]


def metrics(url: str) -> dict[str, float]:
    """Return every sample that a server tells, by name and labels, as Prometheus's own parser reads them."""
    answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.text)
    return {sample.name + labels(sample.labels): sample.value for family in families for sample in family.samples}


def labels(given: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(given.items())) + "}" if given else ""
