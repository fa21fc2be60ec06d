"""The layout: imports run one way, in no circle, and no file grows beyond what one reads in a sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "pipeline", "stages")
MAY_IMPORT = {"schemas": {"schemas"}, "pipeline": {"schemas", "pipeline"}, "stages": set(PACKAGES)}
LONGEST_FILE = 350
LONGEST_FUNCTION = 60
MEDIAN_FUNCTION = 8
SAME_LINES = 6
HANDLERS = ("ingest", "intent", "vision", "order", "payment", "notify", "projector")


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports_of(file: Path, *, everywhere: bool = True) -> Iterator[str]:
    """Names of the modules a file imports; with `everywhere` also inside functions and for typing only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if everywhere else iter(tree.body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    for file in sources(package):
        ours = {name.split(".")[0] for name in imports_of(file)} & set(PACKAGES)
        assert ours <= MAY_IMPORT[package], f"{file.relative_to(ROOT)} imports {ours - MAY_IMPORT[package]}"


def test_no_import_circle() -> None:
    files = {module_of(file): file for package in PACKAGES for file in sources(package)}
    graph = {
        module: {name for name in imports_of(file, everywhere=False) if name in files and name != module}
        for module, file in files.items()
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"import circle: {' -> '.join((*path, module))}"
        if module not in done:
            for imported in graph[module]:
                visit(imported, (*path, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("handler", HANDLERS)
def test_stages_know_of_no_engine(handler: str) -> None:
    names = set(imports_of(ROOT / "stages" / f"{handler}.py"))
    assert not {name for name in names if name.startswith(("pipeline.engines", "redis"))}


def test_no_file_is_longer_than_one_reads() -> None:
    files = [file for package in (*PACKAGES, "tests", "benchmarks", "deploy") for file in sources(package)]
    long = {
        str(f.relative_to(ROOT)): n for f in files if (n := len(f.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


@pytest.mark.parametrize("package", [*PACKAGES, "tests", "benchmarks", "deploy"])
def test_functions_are_short(package: str) -> None:
    lengths = {name: length for file in sources(package) for name, length in functions_of(file)}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}
    assert median(lengths.values()) <= MEDIAN_FUNCTION


def functions_of(file: Path) -> Iterator[tuple[str, int]]:
    """Each function with its lines, from `def` to its end."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def test_no_function_is_written_twice() -> None:
    """Six lines or more that do the same are one function's; where they stand is told."""
    seen: dict[str, str] = {}
    for file in (file for package in PACKAGES for file in sources(package)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            statements = node.body[ast.get_docstring(node) is not None :]
            if lines_of(statements) >= SAME_LINES:
                place = f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
                body = "\n".join(map(ast.dump, statements))
                assert body not in seen, f"{place} does what {seen[body]} does"
                seen[body] = place


def lines_of(body: list[ast.stmt]) -> int:
    return sum((each.end_lineno or each.lineno) - each.lineno + 1 for each in body)
