"""What the page itself says of how fast it is, told by scripts that run in it."""

from typing import TYPE_CHECKING

from tests.playground_server import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Milliseconds from the start of the navigation to the frame after the first message was put into the page.
_FIRST_MESSAGE = """
new MutationObserver((_changes, observer) => {
  if (!document.querySelector("#main .message")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstMessage = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
_FRAMES = """
() => {
  window.frames_ = [];
  let before = performance.now();
  const tick = (now) => { window.frames_.push(now - before); before = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""


def watch_first_message(page: "Page") -> None:
    """Have the page note when it shows its first message; before it is opened."""
    page.add_init_script(_FIRST_MESSAGE)


def first_message_ms(page: "Page") -> float:
    """Return how long it took from the start of the navigation until a message was painted."""
    # The page's policy forbids playwright's own way of waiting for a value.
    wait_until(lambda: page.evaluate("window.firstMessage ?? 0"), "a message is painted", timeout=30)
    return float(page.evaluate("window.firstMessage"))


def watch_frames(page: "Page") -> None:
    """Have the page note the time between its frames from now on."""
    page.evaluate(_FRAMES)


def frame_gaps_ms(page: "Page") -> list[float]:
    """Return the times between frames, shortest first."""
    return sorted(map(float, page.evaluate("window.frames_")))


def message_nodes(page: "Page") -> int:
    """Return how many messages are in the page, shown or scrolled away."""
    return page.locator(".message").count()
