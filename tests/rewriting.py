"""Programs in other words: a syntax tree is changed so that it does the same, and reads as somebody else would have written it.

Whoever uses this has to see for themselves that a rewriting does the same: `x += 1` and `x = x + 1` do not, where x is a tensor that others hold.
"""
import ast
import builtins
import copy
import inspect
import re
from functools import cache
from textwrap import dedent
from typing import ClassVar

_METHODS = frozenset("exp log mean sum abs sigmoid softmax sqrt clamp max argmax min argmin tanh square median prod std var round floor squeeze flatten matmul sub mul div add pow neg sign".split())
_SIGNS = {ast.Mult: "mul", ast.MatMult: "matmul", ast.Sub: "sub", ast.Add: "add", ast.Div: "div", ast.Pow: "pow"}
RIGHT = "right_one"  # what a wrong program calls that is made of the right one
_NEW = ("value", "result", "item", "part", "number", "thing", "found", "current", "entry", "total", "left", "right", "first_one", "other_one", "work", "piece")


def _name(name: str, ctx=None) -> ast.Name: return ast.Name(name, ctx or ast.Load())


def _torch(name: str, args, keywords=()) -> ast.Call: return ast.Call(ast.Attribute(_name("torch"), name, ast.Load()), list(args), list(keywords))


class _Renamed(ast.NodeTransformer):
    "Every function's own names are others."

    def visit_FunctionDef(self, node):
        args = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in ("self", "cls")]
        own = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        others = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        free = [new for new in _NEW if new not in others and not hasattr(builtins, new)]
        table = dict(zip(dict.fromkeys([*(own if self.own else []), *(args if not self.own else [])]), free, strict=False))
        for n in ast.walk(node):
            if isinstance(n, ast.Name) and n.id in table: n.id = table[n.id]
            if isinstance(n, ast.arg) and n.arg in table: n.arg = table[n.arg]
        return node

    def __init__(self, own: bool): self.own = own


class _Methods(ast.NodeTransformer):
    "torch.exp(x) as x.exp()."

    def visit_Call(self, node):
        self.generic_visit(node)
        f = node.func
        if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id == "torch" and f.attr in _METHODS and node.args and not isinstance(node.args[0], ast.Starred):
            return ast.Call(ast.Attribute(node.args[0], f.attr, ast.Load()), node.args[1:], node.keywords)
        return node


class _Functions(ast.NodeTransformer):
    "x.exp() as torch.exp(x)."

    def visit_Call(self, node):
        self.generic_visit(node)
        f = node.func
        library = isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id in ("torch", "math", "np", "F", "random", "re")
        if isinstance(f, ast.Attribute) and f.attr in _METHODS and not library: return _torch(f.attr, [f.value, *node.args], node.keywords)
        return node


class _Called(ast.NodeTransformer):
    "a * b as torch.mul(a, b)."
    def __init__(self, *kinds): self.kinds = kinds

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return _torch(_SIGNS[type(node.op)], [node.left, node.right]) if isinstance(node.op, self.kinds) and type(node.op) in _SIGNS else node


class _Exchanged(ast.NodeTransformer):
    "a > b as b < a, and a - b as -b + a."
    _TURNED: ClassVar = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}

    def visit_Compare(self, node):
        self.generic_visit(node)
        if len(node.ops) != 1 or type(node.ops[0]) not in self._TURNED: return node
        return ast.Compare(node.comparators[0], [self._TURNED[type(node.ops[0])]()], [node.left])

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult | ast.Add): return ast.BinOp(node.right, node.op, node.left)
        return ast.BinOp(ast.UnaryOp(ast.USub(), node.right), ast.Add(), node.left) if isinstance(node.op, ast.Sub) else node


class _Positional(ast.NodeTransformer):
    "sum(dim=1, keepdim=True) as sum(1, keepdim=True)."

    def visit_Call(self, node):
        self.generic_visit(node)
        if len(node.keywords) and node.keywords[0].arg in ("dim", "min", "axis"): return ast.Call(node.func, [*node.args, node.keywords[0].value], node.keywords[1:])
        return node


class _Lines(ast.NodeTransformer):
    "Of a line several, or another form of it: a transformer of statements."
    count = 0

    def new(self, word: str) -> str:
        self.count += 1
        return f"{word}_{self.count}" if self.count > 1 else word


class _Kept(_Lines):
    "A result gets a name before it is returned."
    def visit_Return(self, node):
        if node.value is None or isinstance(node.value, ast.Name): return node
        name = self.new("answer")
        return [ast.Assign([_name(name, ast.Store())], node.value), ast.Return(_name(name))]
    def visit_Lambda(self, node): return node


class _TwoLines(_Lines):
    "Both sides of the outermost operation get names."
    def visit_Return(self, node):
        if not isinstance(node.value, ast.BinOp): return node
        one, other = self.new("upper"), self.new("lower")
        return [ast.Assign([_name(one, ast.Store())], node.value.left), ast.Assign([_name(other, ast.Store())], node.value.right),
                ast.Return(ast.BinOp(_name(one), node.value.op, _name(other)))]


class _FirstArgument(_Lines):
    "What a function is called on gets a name of its own."
    def visit_Return(self, node):
        f = node.value.func if isinstance(node.value, ast.Call) else None
        if not isinstance(f, ast.Attribute) or isinstance(f.value, ast.Name): return node
        name = self.new("before")
        return [ast.Assign([_name(name, ast.Store())], f.value), ast.Return(ast.Call(ast.Attribute(_name(name), f.attr, ast.Load()), node.value.args, node.value.keywords))]


class _Loops(_Lines):
    "A list that is returned grows in a loop."
    def visit_Return(self, node):
        inner = node.value
        if not isinstance(inner, ast.ListComp) or len(inner.generators) != 1: return node
        g, name = inner.generators[0], self.new("rows")
        add = ast.Expr(ast.Call(ast.Attribute(_name(name), "append", ast.Load()), [inner.elt], []))
        for test in reversed(g.ifs): add = ast.If(test, [add], [])
        return [ast.Assign([_name(name, ast.Store())], ast.List([], ast.Load())), ast.For(g.target, g.iter, [add], []), ast.Return(_name(name))]


class _Branches(_Lines):
    "a if c else b in lines of their own."
    def visit_Return(self, node):
        if not isinstance(node.value, ast.IfExp): return node
        return ast.If(node.value.test, [ast.Return(node.value.body)], [ast.Return(node.value.orelse)])


class _Written(_Lines):
    "x += 1 as x = x + 1."
    def visit_AugAssign(self, node):
        read = copy.deepcopy(node.target)
        read.ctx = ast.Load()
        return ast.Assign([node.target], ast.BinOp(read, node.op, node.value))


class _Shortened(_Lines):
    "x = x + 1 as x += 1."
    def visit_Assign(self, node):
        v = node.value
        if len(node.targets) == 1 and isinstance(v, ast.BinOp) and ast.unparse(node.targets[0]) == ast.unparse(v.left): return ast.AugAssign(node.targets[0], v.op, v.right)
        return node


class _Noted(_Lines):
    "A docstring, and a comment's worth of it, as people write them."
    def visit_FunctionDef(self, node):
        node.body = [ast.Expr(ast.Constant("my solution")), *node.body]
        return node


WAYS = (
    (_Kept(), _Renamed(True)), (_TwoLines(),), (_FirstArgument(), _Kept()), (_Methods(),), (_Functions(),), (_Loops(),), (_Branches(),), (_Exchanged(),), (_Positional(),), (_Called(ast.MatMult, ast.Mult),), (_Called(ast.Sub, ast.Div, ast.Pow),),
    (_Written(),), (_Shortened(),), (_Methods(), _Exchanged(), _Kept()), (_Functions(), _TwoLines()), (_Renamed(False), _Kept()), (_Renamed(True), _Exchanged()), (_Renamed(False),), (_Renamed(True), _Written()), (_Noted(), _Renamed(True), _Exchanged(), _Kept()),
)


def rewritten(source: str):
    "The program in other words, one after another; each text comes once, and never the first one."
    seen = {ast.unparse(ast.parse(source))}
    for way in WAYS:
        tree = ast.parse(source)
        for transformer in way:
            if isinstance(transformer, _Lines): transformer.count = 0
            tree = transformer.visit(tree)
        text = ast.unparse(ast.fix_missing_locations(tree))
        if text in seen: continue
        seen.add(text)
        yield text


def source_of(code, name: str) -> tuple[str, dict]:
    """The text of a function or class as if it had this name, with the functions that it was made with above it, and what else it needs by name; the text is
    empty where none is known.
    """
    text, needs = _own_source(code, name), {**vars(inspect.getmodule(code)), RIGHT: vars(inspect.getmodule(code)).get(name)}
    if not text: return "", {}
    above = []
    for of, value in _enclosed(code).items():
        inner = _own_source(value, of) if inspect.isfunction(value) and not value.__closure__ and value.__module__ == code.__module__ else ""
        if inner: above.append(inner)
        else: needs[of] = value
    return "\n".join([*above, text]), needs


def _enclosed(code) -> dict:
    "What a function, or the methods of a class, hold of the function that made them."
    methods = [inspect.unwrap(f) for f in vars(code).values() if inspect.isfunction(f)] if inspect.isclass(code) else [code]
    return {name: value for f in methods for name, value in inspect.getclosurevars(f).nonlocals.items() if name != "__class__"}


def _own_source(code, name: str) -> str:
    if getattr(code, "__name__", "") == "<lambda>": return _of_lambda(code, name)
    try: text = dedent(inspect.getsource(code))
    except (OSError, TypeError): return ""
    node = next((n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == code.__name__), None)
    if node is None: return ""
    node.decorator_list = []
    return _named(node, code.__name__, name)


def _named(node, old: str, name: str) -> str:
    "A definition under another name: a class that makes others of itself does so, and the right one is no longer called by this name."
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name): inner.id = {name: RIGHT, old: name}.get(inner.id, inner.id)
    node.name = name
    return ast.unparse(ast.fix_missing_locations(node))


def _of_lambda(code, name: str) -> str:
    of_line = [n for n in ast.walk(_module(inspect.getmodule(code))) if isinstance(n, ast.Lambda) and n.lineno == code.__code__.co_firstlineno]
    found = [n for n in of_line if _marks(_made(n)) == _marks(code)]
    if len(found) != 1: return ""
    copied = ast.parse(ast.unparse(found[0]), mode="eval").body
    return _named(ast.FunctionDef("", copied.args, [ast.Return(copied.body)], [], type_params=[]), "", name)


def _made(node: ast.Lambda):
    node = copy.deepcopy(node)
    node.args.defaults = [ast.Constant(None) for _ in node.args.defaults]  # they may be known only where it was made
    return eval(compile(ast.fix_missing_locations(ast.Expression(node)), "<lambda>", "eval"))


def _marks(function) -> tuple: return function.__code__.co_names, function.__code__.co_varnames, re.sub("0x[0-9a-f]+", "", str(function.__code__.co_consts))


@cache
def _module(module) -> ast.Module: return ast.parse(inspect.getsource(module))
