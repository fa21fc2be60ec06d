"""What others may call says what it does where its name and signature don't: modules, classes, functions, methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "pipeline", "stages")
# Whose API is Stripe's and Twilio's: their pages say what each endpoint and error is.
ELSEWHERE = ROOT / "stages" / "sandbox"
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


def test_the_public_api_is_documented() -> None:
    files = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    files = [file for file in files if not file.is_relative_to(ELSEWHERE)]
    assert not [f"{file.relative_to(ROOT)}: {name}" for file in files for name in undocumented(file)]


def undocumented(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for name, node in public(tree):
        if not ast.get_docstring(node) and not says_it_all(node) and name not in commands(tree):
            yield name


def public(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    """What a module offers, with the methods of its classes; not what stands within functions."""
    yield "the module", tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, node
            for method in node.body:
                if isinstance(method, Function) and not method.name.startswith("_"):
                    yield f"{node.name}.{method.name}", method
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node.name, node


def says_it_all(node: Documented) -> bool:
    """One statement, whose types the signature names."""
    return isinstance(node, Function) and len(node.body) == 1


def commands(tree: ast.Module) -> set[str]:
    """The verbs of the command line: their help, given where they are registered, is their documentation."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, Function):
            found |= {node.name for each in node.decorator_list if is_registration(each)}
        elif isinstance(node, ast.Call) and is_registration(node.func):
            found |= {each.id for each in node.args if isinstance(each, ast.Name)}
    return found


def is_registration(node: ast.expr) -> bool:
    """`app.command(...)`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "command"
