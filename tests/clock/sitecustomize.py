"""Python runs this at its start when this folder is on its path: the process then lives some seconds ahead of the true time."""

import os
from datetime import datetime, timedelta

_AHEAD = os.environ.get("TEST_SECONDS_AHEAD")
if _AHEAD:
    try:
        import time_machine
    except ImportError:
        # The machine's own Python, which only looks after the environment, may keep its time.
        pass
    else:
        time_machine.travel(datetime.now().astimezone() + timedelta(seconds=float(_AHEAD)), tick=True).start()
