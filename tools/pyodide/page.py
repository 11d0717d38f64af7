"""Run in the page: what it asks, as a line of JSON, is answered by lines of JSON."""

import json
from collections.abc import Callable
from dataclasses import asdict

from tdbook.proofs import steps


def answer(asked: str, say: Callable[[str], object]) -> None:
    """Prove a claim step by step, or decide a change of one of its identities."""
    want = json.loads(asked)
    try:
        if want["ask"] == "steps":
            for step in steps.steps(want["claim"]):
                say(json.dumps(asdict(step)))
        elif want["ask"] == "verdicts":
            for verdict in steps.verdicts(want["claim"]):
                say(json.dumps(asdict(verdict)))
        elif want["ask"] == "terms":
            say(json.dumps(steps.terms(want["claim"], want["name"])))
        else:
            changed = steps.change(want["claim"], want["name"], want["term"], want["kind"], want["amount"])
            say(json.dumps(asdict(changed)))
    except ValueError as error:
        say(json.dumps({"error": str(error)}))
