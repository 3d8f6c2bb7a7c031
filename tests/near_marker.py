"""A marker in the tests' own process, for tests that are about marks and not about processes: conftest's fixture `near` puts it in place."""
import json
import threading
from pathlib import Path

from course_lib.grading.marker import Marker


class NearMarker:
    "Marks as MarkerProcess does, with one sandbox for all tests: a fresh process and sandbox for each grading would take minutes."
    shared, alone = None, threading.Lock()

    def __init__(self, start, seconds):
        self.marker = Marker(start)
        NearMarker.shared = NearMarker.shared or self.marker.sandbox.worker
        self.marker.sandbox.worker = NearMarker.shared

    def start(self): pass

    def mark(self, student, folder, only=()):
        with self.alone: return json.loads(json.dumps(self.marker.mark(student, Path(folder), only)))

    def close(self): pass
