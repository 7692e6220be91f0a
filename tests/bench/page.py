"""How fast the playground's page is in a busy channel: `python -m tests.bench.page` prints JSON.

The playground runs in a process of its own. First it is opened, in a fresh browser profile each time, in a channel of
5,000 messages: milliseconds from the start of the navigation to the frame that shows a message. Then messages are
posted through the control API at a rate, while somebody types: what came, in which order, the time between frames, and
how long a key took until it was painted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from bot.processes import free_port, is_listening
from tests.bot.playground_page.painting import (
    first_message_ms,
    frame_gaps_ms,
    message_nodes,
    watch_first_message,
    watch_frames,
)
from tests.chromium import chromium
from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MANY = 5000
ADA = {"name": "ada", "real_name": "Ada Quill"}
_LATENCIES = """() => {
  window.latencies = [];
  new PerformanceObserver((list) => window.latencies.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "event", durationThreshold: 16 });
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openings", type=int, default=7)
    parser.add_argument("--rate", type=int, default=500, help="messages a second")
    parser.add_argument("--seconds", type=int, default=10)
    arguments = parser.parse_args()
    with playground() as url, chromium() as browser:
        control = httpx.Client(base_url=url, timeout=60)
        messages = [
            {"key": f"{n}", "channel": "big", "user": "ada", "text": f"message {n} of many"} for n in range(MANY)
        ]
        channels = [{"name": "big", "members": ["ada"]}, {"name": "quiet", "members": ["ada"]}]
        control.post(
            "/control/seed", json={"people": [ADA], "channels": channels, "messages": messages}
        ).raise_for_status()
        openings = [round(opening(browser, url)) for _ in range(arguments.openings)]
        figures = {
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "first_message_ms": openings,
            "first_message_ms_median": statistics.median(openings),
            "stream": stream(browser, url, arguments.rate, arguments.seconds),
        }
    json.dump(figures, sys.stdout, indent=2)
    sys.stdout.write("\n")


@contextmanager
def playground() -> Iterator[str]:
    """Run `timbre playground` for as long as the block lasts."""
    port = free_port()
    command = [sys.executable, "-m", "bot", "playground", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: is_listening(url), "the playground listens", timeout=30)
        yield url
        process.terminate()


def opened(browser: "Browser", url: str) -> "Page":
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    watch_first_message(page)
    page.add_init_script("localStorage.setItem('timbre-guide', JSON.stringify({ hidden: true }))")
    page.goto(f"{url}/#/ada/big")
    return page


def opening(browser: "Browser", url: str) -> float:
    """Return how long the page took to show a message."""
    page = opened(browser, url)
    took = first_message_ms(page)
    page.context.close()
    return took


def stream(browser: "Browser", url: str, rate: int, seconds: int) -> dict[str, Any]:
    """Return how the page kept up with messages while somebody typed."""
    page = opened(browser, url)
    first_message_ms(page)
    page.evaluate(_LATENCIES)
    watch_frames(page)
    posted: dict[str, float] = {}
    poster = threading.Thread(target=post, args=(url, rate, seconds, posted))
    box, nodes, typed = page.locator("#main textarea"), 0, ""
    box.click()
    poster.start()
    while poster.is_alive():
        page.keyboard.type("word ")
        typed += "word "
        nodes = max(nodes, message_nodes(page))
        time.sleep(0.1)
    last = f"streamed {rate * seconds - 1}."
    page.locator("#main .message", has_text=last).wait_for(timeout=60_000)
    behind = time.time() - posted["ended"]
    drawn = [int(text.split()[1].rstrip(".")) for text in page.locator("#main .message .text").all_inner_texts()]
    gaps, keys = frame_gaps_ms(page), sorted(page.evaluate("window.latencies"))
    return {
        "posted_a_second": round(rate * seconds / posted["took"]),
        "typed_text_is_whole": box.input_value() == typed,
        "drawn_in_order_to_the_end": drawn == list(range(rate * seconds - len(drawn), rate * seconds)),
        "most_message_nodes": nodes,
        "behind_s": round(behind, 2),
        "frame_ms": {
            "median": round(statistics.median(gaps)),
            "p95": round(gaps[int(len(gaps) * 0.95)]),
            "max": round(gaps[-1]),
        },
        "key_to_paint_ms": {"median": statistics.median(keys), "p95": keys[int(len(keys) * 0.95)], "max": keys[-1]},
    }


def post(url: str, rate: int, seconds: int, posted: dict[str, float]) -> None:
    """Post so many messages a second through one connection, or as many as it can."""
    start = time.monotonic()
    with httpx.Client(base_url=url, timeout=60) as control:
        for n in range(rate * seconds):
            time.sleep(max(0.0, start + n / rate - time.monotonic()))
            control.post("/control/post", json={"user": "ada", "channel": "big", "text": f"streamed {n}."})
    posted["took"], posted["ended"] = time.monotonic() - start, time.time()


if __name__ == "__main__":
    main()
