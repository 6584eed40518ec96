# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile, before a fork, the templates of our playbooks and roles.

Ansible compiles a template again in each process that renders it, so for each host and task: a
fifth of the processor time of a rollout. What is kept here is code alone, by the text of its
template, of texts in our own files: rendering it is Ansible's. A text with a backslash is left out,
since Ansible compiles it in two ways.

Facts of ansible-core 2.19 to 2.21 and Jinja 3.1: templates go by `Environment.from_string`, which
calls `compile(source)`, and conditions by `compile_expression(source, undefined_to_none)`; what
both give depends on the text, on the environment's options, and on the filters that it finds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any

import yaml
from ansible.template import Templar
from jinja2 import TemplateSyntaxError, nodes
from jinja2.environment import Environment, TemplateExpression
from jinja2.parser import Parser

_FILES = (
    "playbooks/**/*.yml",
    "roles/*/defaults/*.yml",
    "roles/*/tasks/*.yml",
    "roles/*/vars/*.yml",
)
_CONDITIONS = frozenset({"break_when", "changed_when", "failed_when", "that", "until", "when"})

_templates: dict[str, CodeType] = {}
_conditions: dict[str, CodeType] = {}
_using: list[type[Environment]] = []


def compile_templates(collection: Path) -> None:
    """Keep the code of all templates in the playbooks and roles of the collection in this folder.

    Where Ansible has no environment of Jinja where it is looked for, nothing is kept.
    """
    environment = getattr(Templar()._engine, "environment", None)  # noqa: SLF001 -- nothing public
    if not isinstance(environment, Environment):
        return
    _use_kept(type(environment))
    for file in sorted(each for pattern in _FILES for each in collection.glob(pattern)):
        for key, text in _texts(yaml.safe_load(file.read_text(encoding="utf-8"))):
            # One that cannot be compiled fails where it is used, in Ansible's words.
            with contextlib.suppress(Exception):
                _keep(environment, text, is_condition=key in _CONDITIONS)


def forget_templates() -> None:
    """Have this process compile every template anew."""
    _templates.clear()
    _conditions.clear()


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Return each text with the key that it stands under."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, str(name))
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, key)
    elif isinstance(value, str) and "\\" not in value:
        yield key, value


def _keep(environment: Environment, text: str, *, is_condition: bool) -> None:
    if "{{" in text or "{%" in text:
        _templates[text] = _compiled(environment, text)
    elif is_condition:
        _conditions[text.strip()] = _compiled(environment, _assigned(environment, text.strip()))


def _assigned(environment: Environment, text: str) -> nodes.Template:
    """Return the template that Environment.compile_expression makes of an expression."""
    parser = Parser(environment, text, state="variable")
    expression = parser.parse_expression()
    if not parser.stream.eos:
        raise TemplateSyntaxError("more than an expression", parser.stream.current.lineno)
    expression.set_environment(environment)
    body = [nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)]
    return nodes.Template(body, lineno=1)


def _compiled(environment: Environment, source: str | nodes.Template) -> CodeType:
    return environment.compile(source)


def _use_kept(kind: type[Environment]) -> None:
    """Have environments of this class look among what is kept first."""
    if kind in _using:
        return
    _using.append(kind)
    compile_anew, compile_expression_anew = kind.compile, kind.compile_expression

    def compile_(self: Environment, source: Any, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or self.overlayed or not isinstance(source, str):
            return compile_anew(self, source, *args, **kwargs)
        return _templates.get(source) or compile_anew(self, source)

    def compile_expression(self: Environment, source: str, *args: Any, **kwargs: Any) -> Any:
        code = None if self.overlayed or kwargs else _conditions.get(source)
        if code is None:
            return compile_expression_anew(self, source, *args, **kwargs)
        template = self.template_class.from_code(self, code, self.make_globals(None), None)
        return TemplateExpression(template, *args or (True,))

    kind.compile = compile_  # type: ignore[method-assign]  # the class that Ansible makes its own of
    kind.compile_expression = compile_expression  # type: ignore[method-assign]  # the same
