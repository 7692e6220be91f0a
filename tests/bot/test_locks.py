"""What has one key waits for each other, and for nothing else."""

import threading
import time
from contextlib import ExitStack

from bot.locks import Locks


def test_however_many_keys_are_locked_none_waits_for_another() -> None:
    locks, done = Locks(), threading.Event()

    def lock_all() -> None:
        with ExitStack() as held:
            for number in range(1_000):
                held.enter_context(locks.of("CHELP", str(number)))
        done.set()

    threading.Thread(target=lock_all, daemon=True).start()

    assert done.wait(10)


def test_what_has_one_key_is_done_by_one_at_a_time_also_after_one_failed() -> None:
    locks, inside, most = Locks(), 0, 0
    barrier = threading.Barrier(8)

    def count() -> None:
        nonlocal inside, most
        barrier.wait()
        for _ in range(200):
            try:
                with locks.of("CHELP", "1.0"):
                    inside += 1
                    time.sleep(0)  # let others in, if they can come in
                    most = max(most, inside)
                    inside -= 1
                    raise ValueError
            except ValueError:
                pass

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert most == 1
    assert inside == 0
