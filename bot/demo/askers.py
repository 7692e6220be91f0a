"""People who keep asking while the voice is being swapped, and count what went wrong."""

import itertools
import threading
import time

from bot.demo.content import DemoContent
from bot.demo.control import Control

ASKERS = 3
ANSWER_SECONDS = 60.0


class Askers:
    """Asks the demo's questions in turn, from several threads, until stopped."""

    def __init__(self, url: str, content: DemoContent) -> None:
        members = {channel.id: channel.members for channel in content.company.channels}
        self._url = url
        self._questions = [
            (question.text, question.channel, members[question.channel][0])
            for question in content.questions
            if question.document
        ]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(offset,)) for offset in range(ASKERS)]
        self._lock = threading.Lock()
        self.answered = 0
        self.failures: list[str] = []

    @property
    def failed(self) -> int:
        """How many questions got no answer, or a failure for one."""
        return len(self.failures)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop asking; questions that were put are waited for."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_answers(self, count: int, *, seconds: float) -> None:
        """Wait until so many questions were answered, a question failed, or time is up."""
        deadline = time.monotonic() + seconds
        while self.answered < count and not self.failures and time.monotonic() < deadline:
            time.sleep(0.02)

    def _ask(self, offset: int) -> None:
        control = Control(self._url)
        for text, channel, user in itertools.cycle(self._questions[offset::ASKERS]):
            if self._stop.is_set():
                break
            reply = control.ask(text, channel=channel, user=user, seconds=ANSWER_SECONDS)
            with self._lock:
                if reply is None:
                    self.failures.append(f"no answer in {ANSWER_SECONDS:.0f} s: {text}")
                elif reply["text"].startswith(":warning:"):
                    self.failures.append(reply["text"])
                else:
                    self.answered += 1
        control.close()
