"""Formulas of the statements as functions: enough of LaTeX to evaluate them at numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]
Node = Callable[[Values], Any]

# Spacing and the size of delimiters; what follows \big is the delimiter itself.
BLANK = re.compile(r"\\\\|\\cdot(?!s)|\\[,;!: ]|\\(?:big|Big|bigg|left|right)(?![a-z])|\\mathrm|[\s&]")
END = re.compile(r"[-+)\]},.:=$<]|\\approx|\\le|\\ge|\\q?quad|\\text|\\end")  # of a product
CLOSING = {"(": ")", "[": "]", "{": "}"}


def flat(text: str) -> str:
    return BLANK.sub("", text).replace(r"\tfrac", r"\frac").replace(r"\dfrac", r"\frac")


def _factorial(x: float) -> float:
    return float(math.factorial(round(x)))


class _Parser:
    def __init__(self, text: str, names: list[str]) -> None:
        self.text, self.at = text, 0
        self.names = sorted(names, key=len, reverse=True)

    def peek(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def take(self, what: str) -> bool:
        if found := self.peek(what):
            self.at += len(what)
        return found

    def expect(self, what: str) -> None:
        if not self.take(what):
            raise ValueError(f"{what!r} expected at {self.text[self.at :]!r}")

    def sum(self) -> Node:
        negative = self.take("-")
        value = self.product()
        if negative:
            value = _negated(value)
        while self.peek("+") or self.peek("-"):
            sign = 1 if self.take("+") else -1
            if sign < 0:
                self.expect("-")
            value = _added(value, self.product(), sign)
        return value

    def product(self) -> Node:
        value = self.power()
        while self.at < len(self.text) and not END.match(self.text, self.at):
            value = _divided(value, self.power()) if self.take("/") else _multiplied(value, self.power())
        return value

    def power(self) -> Node:
        if self.take(r"\prod_{i<l}"):
            return _product_below(self.power())
        value = self.atom()
        while True:
            if self.take("!"):
                value = _applied(_factorial, value)
            elif self.take("^"):
                value = _raised(value, self.argument())
            else:
                return value

    def argument(self) -> Node:
        """What stands in braces, or one token."""
        if self.take("{"):
            inside = self.sum()
            self.expect("}")
            return inside
        if digit := re.match(r"\d", self.text[self.at :]):
            self.at += 1
            return _constant(float(digit[0]))
        return self.atom()

    def atom(self) -> Node:
        for name in self.names:
            if self.take(name):
                return _named(name)
        if number := re.match(r"\d+(?:\.\d+)?", self.text[self.at :]):
            self.at += len(number[0])
            return _constant(float(number[0]))
        if self.take(r"\frac"):
            return _divided(self.argument(), self.argument())
        if self.take(r"\binom"):
            return _chosen(self.argument(), self.argument())
        if self.take(r"\sqrt"):
            return _applied(math.sqrt, self.argument())
        for name, choose in ((r"\max(", max), (r"\min(", min)):
            if self.take(name):
                one = self.sum()
                self.expect(",")
                two = self.sum()
                self.expect(")")
                return _chosen_of(choose, one, two)
        for opening, closing in CLOSING.items():
            if self.take(opening):
                inside = self.sum()
                self.expect(closing)
                return inside
        raise ValueError(f"no value for {self.text[self.at :]!r}")


def _chosen_of(choose: Callable[[float, float], float], one: Node, two: Node) -> Node:
    return lambda values: choose(one(values), two(values))


def _constant(value: float) -> Node:
    return lambda values: value


def _named(name: str) -> Node:
    return lambda values: values[name]


def _negated(node: Node) -> Node:
    return lambda values: -node(values)


def _added(one: Node, two: Node, sign: int) -> Node:
    return lambda values: one(values) + sign * two(values)


def _multiplied(one: Node, two: Node) -> Node:
    return lambda values: one(values) * two(values)


def _divided(one: Node, two: Node) -> Node:
    return lambda values: one(values) / two(values)


def _raised(one: Node, two: Node) -> Node:
    return lambda values: one(values) ** two(values)


def _applied(function: Callable[[float], float], node: Node) -> Node:
    return lambda values: function(node(values))


def _chosen(one: Node, two: Node) -> Node:
    return lambda values: float(math.comb(round(one(values)), round(two(values))))


def _product_below(node: Node) -> Node:
    return lambda values: math.prod(node({**values, "i": i}) for i in range(int(values["l"])))


def evaluate(text: str, values: Values) -> Any:
    """The value of a formula up to its first full stop, comma, colon or relation at the top level."""
    return _read(text, values)[0]


def formula(text: str, values: Values) -> str:
    """The part of a text that :func:`evaluate` reads, without its blanks."""
    return flat(text)[: _read(text, values)[1]]


def _read(text: str, values: Values) -> tuple[Any, int]:
    named = {flat(name): value for name, value in values.items()}
    parser = _Parser(flat(text), [*named, "i"])
    return parser.sum()(named), parser.at
