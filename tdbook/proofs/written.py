r"""Formulas as people write them, in Python's words: ``2s^2``, ``15/(d(d+2))``, ``\frac{1}{2}``, ``20.6%``, ``x²``."""

from __future__ import annotations

import re
import unicodedata

FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}|\\[dt]?frac\s*(\d)\s*(\d)")
GROUPS = (
    (re.compile(r"\\binom\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"binomial((\1),(\2))"),
    (re.compile(r"\\sqrt\s*\{([^{}]*)\}"), r"sqrt(\1)"),
    (re.compile(r"_\s*\{(\w*)\}"), r"_\1"),
    (re.compile(r"\^\s*\{([^{}]*)\}"), r"^(\1)"),
)
SPACES = re.compile(r"\\(?:left|right|quad|displaystyle)(?![A-Za-z])|\\[,;:! ]|\$")
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿˡᵏᵐⁱᵈʳˢ", "0123456789+-()nlkmidrs"))
SIGNS = {
    "−": "-", "–": "-", "·": "*", "⋅": "*", "×": "*", "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "√": " sqrt ",
    "π": " pi ", "½": "(1/2)", "⅓": "(1/3)", "⅔": "(2/3)", "¼": "(1/4)", "¾": "(3/4)",
}  # fmt: skip
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<sign>\*\*|[-+*/^(),=%]))"
)
LARGEST_EXPONENT = 1000  # of a number like 1e-30


class Unreadable(ValueError):
    """The text cannot be read; the message says why."""


def in_python(text: str, functions: frozenset[str]) -> str:
    """The text with every product, power and fraction in Python's spelling; nothing is computed.

    Raises
    ------
    Unreadable
        If a sign is not one of a formula, a number is out of range, or ``a/bc`` can be read in two ways.
    """
    text = _without_latex(text) if "\\" in text or "{" in text else text
    text = re.sub(
        f"[{''.join(map(re.escape, RAISED))}]+",
        lambda run: "^(" + "".join(RAISED[letter] for letter in run[0]) + ")",
        text,
    )
    text = "".join(SIGNS.get(letter, letter) for letter in text)
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"sqrt\s+(\w+)", r"sqrt(\1)", text)
    text = re.sub(r"(?<![\d.])(\d++(?:\.\d*+)?|\.\d++)\s*+\\?%(?!\s*[\w(.])", r"(\1/100)", text)
    return _with_products(text, functions)


def _without_latex(text: str) -> str:
    text = SPACES.sub(" ", re.sub(r"\\(?:cdot|times)(?![A-Za-z])", "*", text))
    while True:
        before = text
        text = FRACTION.sub(lambda m: f"(({m[1] or m[3]})/({m[2] or m[4]}))", text)
        for pattern, plain in GROUPS:
            text = pattern.sub(plain, text)
        if text == before:  # braces that only group
            text = re.sub(r"(?<![A-Za-z}])\s*\{([^{}]*)\}", r"(\1)", text)
        if text == before:
            break
    return re.sub(r"\\(?:var)?([A-Za-z]+)", r" \1 ", text)


def _with_products(text: str, functions: frozenset[str]) -> str:
    """The text with a sign wherever two factors stand side by side."""
    words: list[str] = []
    ends = False  # whether a factor has just ended
    call = False  # whether it is the name of a function
    divided = [False]  # whether a division is the last operation, in each open bracket
    at, text = 0, text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise Unreadable(f"{text[at:].strip()[:1]!r} is no sign of a formula")
        at, kind, word = found.end(), found.lastgroup, found[found.lastgroup or 0]
        if kind == "number":
            exponent = re.search(r"[eE]([+-]?\d+)$", word)
            if exponent and (len(exponent[1]) > 5 or abs(int(exponent[1])) > LARGEST_EXPONENT):
                raise Unreadable(f"a number of more than {LARGEST_EXPONENT} digits is too large here")
        starts = kind != "sign" or word == "("
        if starts and ends and not (call and word == "("):
            if kind == "number" and words[-1][-1].isdigit():
                raise Unreadable("two numbers stand side by side")
            if divided[-1]:
                raise Unreadable("a/bc can be read in two ways; write (a/b)*c or a/(b*c)")
            words.append("*")
        if word == "(":
            divided.append(False)
        elif word == ")" and len(divided) > 1:
            divided.pop()
        elif kind == "sign" and word not in ("^", "**"):
            divided[-1] = word == "/"
        call = kind == "name" and (word.rpartition(".")[2] in functions or "." in word)
        ends = kind != "sign" or word == ")"
        words.append("**" if word == "^" else word)
    return " ".join(words)
