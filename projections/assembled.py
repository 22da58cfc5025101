"""`check.py` as it stands in a bundle: the files of `projections.check`, put together into one that needs no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).with_name("check")
PARTS = ("hashes", "ed25519", "findings", "note", "rule", "statement", "contents", "inspection", "script")
WIDTH = 110

_HEAD = """\
#!/usr/bin/env python3
{about}

{apart}

if __name__ == "__main__":
    set_apart(__file__)

{imports}
"""
_TAIL = """

if __name__ == "__main__":
    sys.exit(main())
"""


def check_py() -> bytes:
    """The program, the same to the byte from the same files."""
    parts = {name: _Part(name) for name in ("apart", *PARTS)}
    taken = [name for part in parts.values() for name in part.names]
    assert len(taken) == len(set(taken)), "two files of check.py use one name"
    about = f'"""{parts["script"].about}"""'
    imports = _imports([parts[name] for name in PARTS])
    head = _HEAD.format(about=about, apart=f"import sys\n\n\n{parts['apart'].body}", imports=imports)
    bodies = (f"\n\n# {f'--- {name}: {_first_line(part)} '.ljust(WIDTH, '-')}\n\n\n{part.body}"
              for name, part in parts.items() if name != "apart")  # fmt: skip
    return (head.rstrip("\n") + "".join(bodies).rstrip("\n") + "\n" + _TAIL).encode()


class _Part:
    """One file: what it is about, what it imports from the library, the names that it defines, and the rest of it."""

    def __init__(self, name: str) -> None:
        text = FOLDER.joinpath(f"{name}.py").read_text(encoding="utf-8")
        tree = ast.parse(text)
        self.about = ast.get_docstring(tree, clean=False) or ""
        self.whole: set[str] = set()
        self.parts: dict[str, set[str]] = {}
        self.names = list(_names(tree))
        lines = text.split("\n")
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._take(node)
            elif not (node is tree.body[0] and self.about):
                break
            for at in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[at] = ""
        self.body = "\n".join(lines).strip("\n") + "\n"

    def _take(self, node: ast.Import | ast.ImportFrom) -> None:
        assert all(alias.asname is None for alias in node.names), "an import of check.py has another name"
        names = {alias.name for alias in node.names}
        if isinstance(node, ast.Import):
            self.whole |= names
        elif not (node.module or "").startswith("projections.check."):
            self.parts.setdefault(node.module or "", set()).update(names)


def _names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name))


def _imports(parts: list[_Part]) -> str:
    whole = sorted(set().union(*(part.whole for part in parts)))
    modules = sorted(set().union(*(part.parts for part in parts)))
    named = {module: sorted(set().union(*(part.parts.get(module, ()) for part in parts))) for module in modules}
    return "\n".join([
        *(f"import {name}" for name in whole),
        *(f"from {module} import {', '.join(names)}" for module, names in named.items()),
    ])  # fmt: skip


def _first_line(part: _Part) -> str:
    return part.about.split("\n")[0].rstrip(".")
