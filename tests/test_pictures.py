"""The pictures that can be moved: JavaScript calculates what Python does, and they are used by keyboard, on the site and in JupyterLab."""
import json

import pytest
import torch
from browser import NEEDS_CHROMIUM, open_page, running_chromium
from torch import tensor

from course_lib.pictures import Staircase
from course_lib.pictures.kinks import fitted
from course_lib.pictures.learning_rate import visited
from course_lib.pictures.live import script

FIRST, SECOND = tensor([[1.0, 2, 3, 4], [5, 6, 7, 8], [0, 1, 0, 1]]), tensor([[1.0, 0], [0, 1], [2, 0], [1, -1]])


@pytest.fixture(scope="module")
def staircase():
    torch.manual_seed(0)
    return Staircase(5 * torch.randn(50), torch.rand(50), (torch.arange(50) % 3 > 0).float())


@pytest.fixture(scope="module")
def browser():
    with running_chromium() as chromium: yield chromium


@NEEDS_CHROMIUM
def test_the_browser_calculates_what_python_does(browser, staircase):
    changes, values = [-30.0, -1.0, 0.0, 0.5, 12.3], json.dumps(staircase.values)
    kinks, slopes, bias, loss = fitted(3, 300)
    tables = json.dumps([FIRST.tolist(), SECOND.tolist()])
    rows = [("learning_rate", "visited(3, 1.1, 6)", visited(3.0, 1.1, 6)),
            ("matrix_product", f"(([a, b]) => a.map((_, i) => b[0].map((_, j) => total(meeting(a, b, i, j)))))({tables})", (FIRST @ SECOND).tolist()),
            ("staircase", f"{changes}.map((c) => [accuracy({values}, c), loss({values}, c)])", [staircase.at(c) for c in changes]),
            ("staircase", f"{changes}.map((c) => slope({values}, c))", [(staircase.at(c + 1e-5)[1] - staircase.at(c - 1e-5)[1]) / 2e-5 for c in changes]),
            ("kinks", "((n) => [...n.units.map((u) => u.kink), ...n.units.map((u) => u.slope), n.bias, loss(n)])(descend(beginning(3), still(3), 300))",
             [*kinks.tolist(), *slopes.tolist(), *bias.tolist(), loss]),
            ("softmax_bars", "[softmax([0.02, -2.49, 1.25]), softmax([1000, 0, -1000])]",
             torch.softmax(tensor([[0.02, -2.49, 1.25], [1000, 0, -1000]], dtype=torch.float64), 1).tolist())]
    page = open_page(browser, errors := [])
    for kind, expression, expected in rows:
        found = page.evaluate(f"() => {{ {script(kind).replace('export default { render };', '')}\nreturn {expression}; }}")
        torch.testing.assert_close(tensor(found, dtype=torch.float64), tensor(expected, dtype=torch.float64), rtol=1e-6, atol=1e-8)
    assert not errors
    page.context.close()
