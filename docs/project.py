"""Whose site is built: that of the project in COURSE_ROOT, by default of the one that this folder lies in."""
import os
from pathlib import Path

from course_lib.courses import find_course
from course_lib.settings import Settings, load_settings

ROOT = Path(os.environ.get("COURSE_ROOT") or Path(__file__).parents[1]).resolve()
NOTEBOOKS = ROOT / "nbs"
SETTINGS = ROOT / "settings.ini"
_settings = load_settings(SETTINGS) if SETTINGS.is_file() else Settings()

COURSE = find_course(_settings.package, _settings.parts)
PACKAGE = COURSE.package
TITLE = _settings.title.partition(":")[0]
