"""Lets Python's logging follow the level that is wanted of its service, in the collector's file:

    import follow_levels
    follow_levels.follow("pay")

Without a collector, and when a level's time is over, the logger has its own level. The thread ends with the process.
"""

import json
import logging
import threading
import time

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}


def wanted(path, service, now_ms):
    """The level that is wanted of a service, as logging has it; None: its own."""
    try:
        with open(path, encoding="utf-8") as file:
            levels = json.load(file)["levels"]
        entry = levels.get(service) or levels.get("*")
        if entry is None or (entry["until"] is not None and entry["until"] <= now_ms):
            return None
        return LEVELS.get(entry["level"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def follow(service, path="/run/heliograph/levels.json", logger=None, every=2.0):
    """Looks every so many seconds. Returns a function that ends it."""
    logger = logger or logging.getLogger()
    own = logger.level
    stop = threading.Event()

    def run():
        while not stop.wait(every):
            look()

    def look():
        level = wanted(path, service, time.time() * 1000)
        logger.setLevel(own if level is None else level)

    def end():
        stop.set()
        thread.join()
        logger.setLevel(own)

    look()
    thread = threading.Thread(target=run, name="follow-levels", daemon=True)
    thread.start()
    return end
