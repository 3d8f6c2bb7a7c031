"""Whose site is built: that of the project in COURSE_ROOT, by default of the one that this folder lies in."""
import os
from pathlib import Path

ROOT = Path(os.environ.get("COURSE_ROOT") or Path(__file__).parents[1]).resolve()
NOTEBOOKS = ROOT / "nbs"
if (ROOT / "settings.ini").is_file(): os.environ["COURSE_SETTINGS"] = str(ROOT / "settings.ini")

from course_lib.courses import this_course  # noqa: E402 (it reads these settings)
from course_lib.settings import load_settings  # noqa: E402

COURSE = this_course()
PACKAGE = COURSE.package
TITLE = load_settings().title.partition(":")[0]
