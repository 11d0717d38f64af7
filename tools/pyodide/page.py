"""Run in the page: what it asks, as a line of JSON, is answered by lines of JSON."""

import json
from collections.abc import Callable
from dataclasses import asdict

from tdbook.exercises import sheet
from tdbook.proofs import steps

EXERCISES = json.loads(__loader__.get_data("exercises.json"))  # type: ignore[name-defined]


def given(texts: list[str]) -> str | tuple[str, ...]:
    """An answer as it is judged: one text, or a text for each part."""
    return texts[0] if len(texts) == 1 else tuple(texts)


def answer(asked: str, say: Callable[[str], object]) -> None:
    """Prove a claim step by step, decide a change of one of its identities, judge an answer, write a receipt."""
    want = json.loads(asked)
    try:
        if want["ask"] == "steps":
            for step in steps.steps(want["claim"]):
                say(json.dumps(asdict(step)))
        elif want["ask"] == "verdicts":
            for verdict in steps.verdicts(want["claim"]):
                say(json.dumps(asdict(verdict)))
        elif want["ask"] == "check":
            reply = sheet.thawed(EXERCISES[want["name"]]).reply(given(want["answer"]))
            say(json.dumps({"degree": reply.degree, "message": reply.message}))
        elif want["ask"] == "receipt":
            say(json.dumps(sheet.receipt(sheet.Receipt(want["student"], want["answers"], want["hints"]))))
        elif want["ask"] == "terms":
            say(json.dumps(steps.terms(want["claim"], want["name"])))
        else:
            changed = steps.change(want["claim"], want["name"], want["term"], want["kind"], want["amount"])
            say(json.dumps(asdict(changed)))
    except ValueError as error:
        say(json.dumps({"error": str(error)}))
