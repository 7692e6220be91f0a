"""How an attempt at a run ends, as its process tells its worker.

Python itself ends with 1 or 2 when it says nothing of the kind.
"""

DONE = 0
"""People were asked."""
FAILED = 10
"""The run failed and says why."""
LOST = 11
"""The run is somebody else's by now, or cancelled."""
UNTOLD = 12
"""It failed, and not even that could be stored."""
ALONE = 13
"""Another process of the same attempt ended: as if this one had, too."""
