"The engine that checks, which knows no exercise: `from course_lib.checks import Case, Check, Mistakes, check, probe`."
from ..lazily import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, {
    "cases": "Case same tenths",
    "known_mistakes": "Mistake Mistakes",
    "definition": "Check",
    "trials": "Trial",
    "compare": "Raised difference",
    "probing": "observe probe",
    "registry": "check_names",
    "trying": "check find_check",
    "verdict": "Verdict",
})
