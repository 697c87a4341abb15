"""What the stub says is what `help` says of the built module.

    UPDATE_STUB=1 pytest tests/python/test_stub.py     # writes the module's texts into the stub
"""

from __future__ import annotations

import ast
import inspect
import os
import re
from pathlib import Path
from typing import Iterator, Optional, Union

import eap_rs
import pytest
from eap_rs import _native

STUB = Path(__file__).parents[2] / "python/eap_rs/_native.pyi"

_Documented = Union[ast.ClassDef, ast.FunctionDef]


def documented(body: list[ast.stmt], of: object) -> Iterator[tuple[_Documented, object]]:
    """The classes and functions of the stub that have a docstring, and what each is."""
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            this = getattr(of, node.name)
            if ast.get_docstring(node) is not None:
                yield node, this
            if isinstance(node, ast.ClassDef):
                yield from documented(node.body, this)


def said(this: object) -> Optional[str]:
    return inspect.cleandoc(this.__doc__) if this.__doc__ else None


def test_the_stub_says_what_the_module_says() -> None:
    lines = STUB.read_text().splitlines()
    # From the end, so that what is before keeps its place.
    found = sorted(
        documented(ast.parse("\n".join(lines)).body, _native),
        key=lambda item: item[0].lineno,
        reverse=True,
    )
    assert len(found) > 150
    differing = []
    for node, this in found:
        text = said(this)
        if text == ast.get_docstring(node):
            continue
        differing.append(node.name)
        assert text is not None, f"{node.name} has no docstring in the module"
        old = node.body[0]
        assert old.end_lineno is not None
        indent = " " * old.col_offset
        new = f'"""{text}"""'.splitlines()
        lines[old.lineno - 1 : old.end_lineno] = [(indent + line).rstrip() for line in new]
    if os.environ.get("UPDATE_STUB"):
        STUB.write_text("\n".join(lines) + "\n")
    else:
        assert differing == []


@pytest.mark.parametrize("name", eap_rs.__all__)
def test_every_argument_of_a_constructor_is_explained(name: str) -> None:
    """In the class's text, or as an attribute with a text of its own."""
    this = getattr(eap_rs, name)
    if not inspect.isclass(this) or issubclass(this, Exception):
        return
    for argument in inspect.signature(this).parameters:
        attribute = inspect.getattr_static(this, argument, argument)
        pattern = rf"^(\w+, )*{argument}(, \w+)*(\([\w, ]*\))?: "
        is_named = re.search(pattern, said(this) or "", re.MULTILINE)
        has_text = attribute is not argument and attribute.__doc__
        assert is_named or has_text, f"{name}: {argument}"
