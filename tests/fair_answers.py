"""Answers as people write them, and what a fair teacher makes of them on paper: `right`, `wrong`, or `told` (it can't be read, and the student hears why while it
can still be mended). Each question is small; the kinds come from reports about other people's systems (see the names of the groups)."""

NUMBERS = {  # (question's keys, right, wrong, told)
    "a third, to three decimals": (
        {"answer": "1 / 3", "tolerance": {"decimals": 3}},
        ["0.333", ".333", "0,333", " 0.3333 ", "3.33e-1", "3.33E-01", "0.333\u200b", "+0.333", "０.３３３", "3.33×10^-1", "3.33 × 10⁻¹", "3.33*10**-1", "3.33 x 10^{-1}",
         "\u00a00.333\u202f", "333.3e-3", "\ufeff0.333"],
        ["0.33", "0.34", "3.33", "-0.333", "0", "0.3"],
        ["1/3", "one third", "0.333 m", "33.3 %", "0.3.3", "0,3,3", "nan", "inf", "1e999", "--0.333", "0x1", "0.333 0.333", "about 0.333"]),
    "minus three": (
        {"answer": -3},
        ["-3", "\u22123", "–3", "—3", "﹣3", "－3", "- 3", "− 3", "-3.0", "-3e0", "‐3", "-３", "-\u00a03"],
        ["3", "-3.1", "+3", "-30"],
        ["(3)", "minus 3", "3-", "-3-", "−−3"]),
    "a million": (
        {"answer": 1_000_000},
        ["1000000", "1,000,000", "1 000 000", "1.000.000", "1'000'000", "1’000’000", "1_000_000", "1e6", "10^6", "10⁶", "1·10^6", "1 × 10**6", "1\u202f000\u202f000", "1,000,000.0", "1 000 000,0",
         "+1,000,000", "１０００００0"],
        ["100000", "10000000", "1000", "999999"],
        ["1,00,00,00", "1 000 00", "1.000.00", "1,000.000.000", "one million", "1M"]),
    "twelve thousand and a half": (
        {"answer": "12345.5"},
        ["12345.5", "12,345.5", "12 345.5", "12 345,5", "12.345,5", "12345,5", "1.23455e4", "12'345.5", "1.23455·10⁴"],
        ["12345", "12.3455", "12345.6"],
        ["12,345,5", "12.345.5", "12 34.55"]),
    "one thousand two hundred and thirty-four": (
        {"answer": 1234},
        ["1234", "1 234", "1'234", "1234.0", "1,234.0", "1.234,0", "1.234e3"],
        ["1.234", "12.34", "1235"],
        ["1,234", "+1,234"]),
    "3 cm": (
        {"answer": 3, "unit": "cm"},
        ["3", "3 cm", "3cm", "3\u00a0cm", "3.0 cm", "3 CM", "３ｃｍ"],
        ["4 cm", "30", "0.03"],
        ["3 m", "30 mm", "cm", "3 inches", "cm 3"]),
    "16.7 %": (
        {"answer": "100 / 6", "tolerance": {"decimals": 1}, "unit": "%"},
        ["16.7", "16.7 %", "16.7%", "16,7 %", "16.67", "16.7\u2009%"],
        ["0.167", "16", "17 %"],
        ["16.7 per cent", "16.7 ‰"]),
    "a share": (
        {"answer": "1 / 6", "tolerance": {"decimals": 3}},
        ["0.167", "0,167", "0.1667"], ["0.17", "16.7"], ["16.7 %", "16.7%", "1/6", "1 / 6"]),
    "a fraction": (
        {"answer": "2 / 3", "tolerance": {"decimals": 4}, "fractions": True},
        ["2/3", "4/6", " 2 / 3 ", "2⁄3", "0.66667", "0.6667"],
        ["1/3", "3/2", "-2/3", "0.67", "0.66"],
        ["2/0", "2/3/4", "/3", "2/", "2:3"]),
    "a right number, rounded too far": (
        {"answer": "1 / 7", "tolerance": {"decimals": 4}, "rounded": "0.5"}, ["0.1429", "0.14286"], ["0.1", "0.2", "0.15", "0.142"], [], ["0.14", "0.143", "14.3e-2"]),
    "a small one": (
        {"answer": "0.00138", "tolerance": {"rel": "0.01"}},
        ["0.00138", "1.38e-3", "1.38×10^-3", "1.38 · 10^(-3)", "1.38 x 10^-3", "1.38*10^-3", "1.38⋅10⁻³", "1,38e-3", "1.38e−3"],
        ["1.38e3", "0.0138", "1.38"],
        ["1.38×10", "1.38x", "1.38×", "×10^-3", "1.38 10^-3"]),
}

CHOICES = {
    "an option that is not quite wrong": (
        {"options": [{"text": "Adam", "correct": True}, {"text": "SGD with momentum", "share": "0.5", "feedback": "Nearly."}, {"text": "ReLU", "feedback": "No optimizer."},
                     {"text": "None of these", "last": True, "feedback": "One is."}], "shuffle": False},
        ["a"], ["c", "d"], ["e", ["a"], 1], ["b"]),
}
PAIRS = {
    "two with one partner": (
        {"pairs": [{"left": "sigmoid", "right": "between 0 and 1"}, {"left": "softmax", "right": "between 0 and 1"}, {"left": "relu", "right": "never negative"}], "extra": ["odd"]},
        [{"1": "A", "2": "A", "3": "B"}], [{"1": "C", "2": "C", "3": "C"}, {"3": "A"}], [{"1": "D"}, {"4": "A"}, "1A"], [{"1": "A", "2": "A", "3": "A"}, {"1": "A", "2": "B"}]),
}
ORDERS = {
    "two that change places": (
        {"items": ["predict", "loss", "clear", "backward", "step"], "ties": [[2, 3]]},
        [["A", "B", "C", "D", "E"], ["A", "C", "B", "D", "E"]], [], [["A"], "ABCDE", ["A", "B", "C", "D", "D"]],
        [["E", "D", "C", "B", "A"], ["E", "D", "B", "C", "A"], ["A", "B", "C", "E", "D"], ["C", "A", "B", "D", "E"]]),
}

TEXTS = {
    "a word": (
        {"accept": ["softmax"]},
        ["softmax", "Softmax", "SOFTMAX", " softmax ", "soft\u200bmax", "ｓｏｆｔｍａｘ", "softmax\n", "\ufeffsoftmax"],
        ["soft max", "sotfmax", "max", "softmax.", "the softmax"], []),
    "a word, with slips": (
        {"accept": ["cross-entropy"], "misspellings": True},
        ["cross-entropy", "cross-entrophy", "Cross-Entropy", "cross–entropy", "cros-entropy", "cross\u2010entropy"],
        ["entropy", "cross", "cross-validation"], []),
    "a word beside its neighbour": (
        {"accept": ["weights"], "reject": [{"text": "heights", "feedback": "Those are not in a net."}], "misspellings": True},
        ["weights", "wieghts", "weigths", "weight"], ["heights", "biases", "wights weights"], []),
    "Python's truth": (
        {"accept": ["True"], "case": True}, ["True", " True ", "Ｔｒｕｅ"], ["true", "TRUE", "False", "1"], []),
    "a list": (
        {"accept": ["[-1, 2]"], "spaces": "ignore"},
        ["[-1, 2]", "[-1,2]", "[ -1 , 2 ]", "[−1, 2]", "[–1, 2]", "［-1, 2］", "[-1,\u00a02]"], ["[1, 2]", "-1, 2", "(-1, 2)", "[-1 2]", "[-1.0, 2.0]"], []),
    "a name with an accent": (
        {"accept": ["Poincaré"]}, ["Poincaré", "Poincare\u0301", "poincaré", "POINCARÉ"], ["Poincare", "Poincarè"], []),
    "a possessive": (
        {"accept": ["Bayes' rule"]}, ["Bayes' rule", "Bayes’ rule", "bayes‘ rule", "Bayes′ rule", "Bayes'  rule"], ["Bayes rule", "Bayes's rule"], []),
    "a quoted text": (
        {"accept": ['"adam"']}, ['"adam"', "“adam”", "„adam“", "«adam»", "＂adam＂"], ["adam", "'adam'"], []),
    "a pattern": (
        {"accept": [{"pattern": r"\[\s*2\s*, *3 *\]", "example": "[2, 3]"}], "spaces": "ignore"}, ["[2, 3]", "[2,3]", "[ 2 , 3 ]", "［2, 3］"], ["[3, 2]", "2, 3", "[2; 3]"], []),
    "a pattern with a dash": (
        {"accept": [{"pattern": "mini–batch(es)?", "example": "mini-batch"}]}, ["mini-batch", "Mini–batches", "mini‑batch"], ["minibatch", "batch"], []),
    "a pattern in German": (
        {"accept": [{"pattern": "gro(ß|ss)", "example": "groß"}]}, ["groß", "gross", "GROSS", "Groß"], ["gros", "klein"], []),
    "several words": (
        {"accept": ["gradient descent", "stochastic gradient descent", "SGD"], "misspellings": True},
        ["gradient descent", "Gradient  Descent", "gardient descent", "sgd", "stochastic gradient descend"], ["descent", "gradient", "SDG", "gradient ascent descent"], []),
}

_XY = {"x": {"shape": ["n"]}, "y": {"shape": ["n"]}}
FORMULAS = {
    "twice": (
        {"variables": {"x": {}}, "answer": "2 * x"},
        ["2*x", "x * 2", "x + x", "(2 * x)", "2.0 * x", "2 * ｘ", " 2*x\u200b", "3*x − x", "x*4/2", "-(-2*x)"],
        ["x", "2 + x", "x**2", "-2*x", "0"],
        ["2x", "2×x", "2·x", "two x", "2*", "lambda: 2*x", "y", "x^2 2"]),
    "the square": (
        {"variables": {"x": {}}, "answer": "x ** 2"},
        ["x**2", "x*x", "(-x)**2", "x ** 2.0", "abs(x)**2", "x**3 / x"], ["2*x", "x", "x**3"],
        ["x^2", "x²", "x2", "sqr(x)", "x*x;"]),
    "standardised": (
        {"variables": {"x": {}, "m": {}, "s": {"between": [1, 3]}}, "answer": "(x - m) / s"},
        ["(x-m)/s", "(x−m)/s", "(x – m) / s", "x/s - m/s", "-(m - x)/s", "（x-m）/s"], ["x - m/s", "(m-x)/s", "(x-m)*s", "(x+m)/s"],
        ["(x-m)÷s", "(x-m)/σ", "(x-m)/s)", "z = (x-m)/s"]),
    "clamped": (
        {"variables": {"x": {}}, "answer": "clamp(x, -1, 1)"},
        ["clamp(x, -1, 1)", "maximum(minimum(x, 1), -1)", "minimum(maximum(x, -1), 1)", "x.clamp(-1, 1)"],
        ["minimum(x, 1)", "maximum(x, -1)", "clamp(x, -2.5, 2.5)", "x", "clamp(x, -1, 0.9)"], ["clamp(x; -1; 1)", "clip(x, -1, 1)"]),
    "a late step": (
        {"variables": {"x": {}}, "answer": "where(x > 2.5, 1, 0)"}, ["where(x > 2.5, 1, 0)", "(x > 2.5) * 1"], ["0*x", "where(x > 2, 1, 0)"], ["x > 2.5 ? 1 : 0", "1 if x > 2.5"]),
    "a logarithm": (
        {"variables": {"x": {"between": ["0.1", 3]}}, "answer": "log(x)"}, ["log(x)", "torch.log(x)", "x.log()", "-log(1/x)", "log(x**2)/2"], ["log(2*x)", "exp(x)", "x"], ["ln(x)", "log x"]),
    "the mean squared error": (
        {"variables": _XY, "answer": "((x - y) ** 2).mean()"},
        ["((x - y)**2).mean()", "((y - x)**2).mean()", "mean((x-y)**2)", "(x-y).square().mean()", "((x-y)*(x-y)).mean()", "(x*x - 2*x*y + y*y).mean()"],
        ["((x - y)**2).sum()", "(x - y).abs().mean()", "((x - y)**2)", "(x - y).mean()**2"], ["((x - y)^2).mean()", "((x − y)²).mean()", "mse(x, y)"]),
    "a matrix with a capital name": (
        {"variables": {"X": {"shape": ["n", "k"]}, "w": {"shape": ["k", 1]}}, "answer": "X @ w"},
        ["X @ w", "X@w", "(w.T @ X.T).T"], ["X.T @ X @ w", "2 * X @ w"], ["X w", "Xw", "w @ X", "x @ w"]),
}
