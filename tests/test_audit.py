"""The lock and the licences of what is installed, with faults that must be seen."""

from email.message import Message

import audit
import pytest


def test_the_lock_and_what_is_installed(root):
    locked = audit.read_lock((root / "requirements.lock").read_text(encoding="utf-8"))
    assert len(locked) > 100
    assert audit.faults(locked) == []


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        (audit.Locked("numpy", "1.0.0", "", 1), "numpy is locked at 1.0.0, installed at"),
        (audit.Locked("no-such-package", "1.0.0", "", 1), "locked and not installed"),
        (audit.Locked("no-such-package", "1.0.0", "", 0), "has no hash"),
    ],
)
def test_faults_of_a_lock_are_seen(package, fault):
    assert any(fault in found for found in audit.faults([package]))


@pytest.mark.parametrize(
    "line", ["numpy", "numpy>=2", "numpy @ https://example.org/numpy.whl", "--index-url https://example.org", "-e ."]
)
def test_lines_that_pin_nothing_are_refused(line):
    with pytest.raises(ValueError, match="line 2"):
        audit.read_lock(f"sympy==1.14.0\n{line}\n")


def test_licences_are_read_and_a_strange_one_is_not_let_in(monkeypatch):
    stated = Message()
    stated["Version"] = "1.0"
    stated["License-Expression"] = "(MIT OR Apache-2.0) AND AGPL-3.0-only"
    assert audit.licences(stated) == {"MIT", "Apache-2.0", "AGPL-3.0-only"}
    monkeypatch.setattr(audit.metadata, "metadata", lambda name: stated)
    assert any("AGPL-3.0-only" in fault for fault in audit.faults([audit.Locked("x", "1.0", "", 1)]))
    del stated["License-Expression"]
    assert any("states the licence nothing" in fault for fault in audit.faults([audit.Locked("x", "1.0", "", 1)]))


def test_every_exception_is_still_needed(root):
    locked = {package.name for package in audit.read_lock((root / "requirements.lock").read_text())}
    assert set(audit.EXCEPTIONS) <= locked
