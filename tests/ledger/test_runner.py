"""Tests of ``tdbook.ledger.runner``."""

import copy
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tdbook.command_line import main
from tdbook.ledger.claims import ESTABLISHED, FAILED, Control, Evidence, assemble
from tdbook.ledger.evidence import proofs_of
from tests.support.ledger import GOOD, claim, good, is_four, raises, report, seen, wrong


def test_a_good_check_establishes_its_claim():
    assert report(claim("a", good)).status("a") == ESTABLISHED


def empty(fast):
    return []


def lets_through(fast):
    return Evidence("exact", "x = x", is_four, {"2 + 2": 4}, {"3 + 1": 4})


def silent(fast):
    return None


def talks(fast):
    return ["established"]


def uncontrolled(fast):
    return Evidence("exact", "1 = 1", is_four, {"2 + 2": 4})


def undecided(fast):
    return Evidence("exact", "an array for a verdict", lambda x: np.array([x, x]) == 4, {"2 + 2": 4}, {"2 + 3": 5})


def underproved(fast):
    return Evidence("symbolic", "one mutant only", is_four, {"2 + 2": 4}, {"sign": -4})


BROKEN = [
    (wrong, "does not hold: 2 \\+ 3 = 4 \\(fails for 2 \\+ 3: 5\\)"),
    (lets_through, "negative control went through: 3 \\+ 1"),
    (uncontrolled, "needs 1 negative controls, has 0"),
    (underproved, "needs 2 negative controls, has 1"),
    (raises, "raises raised ZeroDivisionError: by design"),
    (silent, "silent returned no evidence"),
    (empty, "empty returned no evidence"),
    (talks, "talks returned str instead of Evidence"),
    (undecided, "predicate must be True or False"),
    (proofs_of("no-such-claim"), "prove returned no evidence"),
]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("check", "objection"), BROKEN, ids=[str(k) for k in range(len(BROKEN))])
def test_a_broken_check_never_shows_green(check, objection, jobs):
    found = report(claim("a", good, check), jobs=jobs)
    assert found.status("a") == FAILED
    assert not found.ok
    assert any(re.search(objection, text) for text in found.findings["a"].objections)


def dies(fast):
    os._exit(7)


def hangs(fast):
    time.sleep(60)
    return good(fast)


@pytest.mark.parametrize(("check", "objection"), [(hangs, "did not end within 1 s"), (dies, "died with exit code 7")])
def test_a_check_that_hangs_or_dies_takes_only_its_own_claim_down(check, objection):
    found = report(claim("a", check), claim("b", good), jobs=2, time_limit=1.0)
    assert found.status("a") == FAILED
    assert objection in found.findings["a"].objections[0]
    assert found.status("b") == ESTABLISHED


def test_a_check_that_cannot_travel_is_an_objection():
    found = report(claim("a", lambda fast: good(fast)), claim("b", good), jobs=2)
    assert "cannot be sent to a process" in found.findings["a"].objections[0]
    assert (found.status("a"), found.status("b")) == (FAILED, ESTABLISHED)


def told_apart(fast):
    return Evidence("exact", "the process", is_four, {"2 + 2": 4}, {"2 + 3": 5}, str(os.getpid()))


def test_a_process_serves_one_claim_at_full_sizes_and_many_at_the_fast_ones():
    claims = [claim(id, told_apart) for id in "abcdef"]
    assert len(seen(report(*claims, jobs=2))) == 6
    assert len(seen(report(*claims, jobs=2, fast=True))) <= 2
    assert str(os.getpid()) not in seen(report(*claims, jobs=2, fast=True))


def test_at_the_fast_sizes_too_a_process_that_dies_is_replaced():
    claims = [claim(f"{check.__name__}{k}", check) for k in range(3) for check in (dies, told_apart, raises)]
    found = report(*claims, jobs=2, fast=True)
    for k in range(3):
        assert found.findings[f"dies{k}"].objections == ("its process died with exit code 7",)
        assert found.status(f"told_apart{k}") == ESTABLISHED
        assert found.status(f"raises{k}") == FAILED


def leaves_a_bomb(fast):
    threading.Timer(1.0, os._exit, [9]).start()
    return told_apart(fast)


def waits(fast):
    time.sleep(3.0)  # longer than the bomb takes, also on a loaded machine
    return told_apart(fast)


def test_what_a_check_leaves_behind_shows_no_green_elsewhere():
    """It ended well, and its process dies in the next claim, which is red; the other process goes on."""
    claims = (claim("a", leaves_a_bomb), claim("b", told_apart), claim("c", waits), claim("d", waits))
    found = report(*claims, jobs=2, fast=True)
    assert sorted(found.status(id) for id in "cd") == sorted([ESTABLISHED, FAILED])
    (red,) = (id for id in "cd" if found.status(id) == FAILED)
    assert found.findings[red].objections == ("its process died with exit code 9",)


def breaks_off(fast):
    yield GOOD
    raise RuntimeError("after the good part")


class Flatterer(Evidence):
    @property
    def objection(self):
        return ""


def flatters(fast):
    return Flatterer("exact", "1 = 2", is_four, {"1 + 1": 2})


def forged(fast):
    object.__setattr__(evidence := copy.copy(GOOD), "holds", False)
    return evidence


def leaves(fast):
    sys.exit(0)  # an exit code of 0 is not a verdict


def nan_for_a_verdict(fast):
    return Evidence("exact", "x = x", lambda x: np.nan, {"2 + 2": 4}, {"2 + 1": 3})


def never_stops(fast):
    return itertools.repeat(GOOD)


def no_predicate(fast):
    return Evidence("exact", "x = x", None, {"2 + 2": 4})


def passed_verdict(fast):
    return Evidence("exact", "x = x", is_four, {"2 + 2": 4}, {"2 + 3": 5}, holds=True)


def passed_refusals(fast):
    return Evidence("exact", "x = x", is_four, {"2 + 2": 4}, controls=(Control("2 + 3", True),))


def verdict_for_a_predicate(fast):
    return Evidence("exact", "x = x", True, {"2 + 2": 4}, {"2 + 3": 5})


def citation_that_judges(fast):
    return Evidence("cited", "a book", is_four, {"2 + 2": 4})


def nothing_true(fast):
    return Evidence("exact", "x = x", is_four, {}, {"2 + 3": 5})


def numbers_for_verdicts(fast):
    return Evidence("exact", "x = x", lambda x: x - 3, {"2 + 2": 4}, {"2 + 1": 3})


def one_control(fast):
    return Evidence("symbolic", "x = x", is_four, {"2 + 2": 4}, {"sign": -4})


def recursion(fast):
    return recursion(fast)


def says_no(fast):
    return Evidence("exact", "x = x", lambda x: False, {"2 + 2": 4}, {"2 + 3": 5})


def says_yes(fast):
    return Evidence("exact", "x = x", lambda x: True, {"2 + 2": 4}, {"2 + 3": 5})


def true(fast):
    return True


def verdict_for_a_false_object(fast):
    return Evidence("exact", "x = x", bool, {"2 + 2": 1}, {"2 + 3": np.bool_(2 + 3 == 4)})


def verdict_for_a_true_object(fast):
    return Evidence("exact", "x = x", bool, {"2 + 2": 2 + 2 == 4}, {"2 + 3": 0})


def wordless(fast):
    return Evidence("exact", " ", is_four, {"2 + 2": 4}, {"2 + 3": 5})


def wordless_control(fast):
    return Evidence("exact", "x = x", is_four, {"2 + 2": 4}, {"": 5})


ATTACKS = [
    (leaves, "leaves raised SystemExit: 0"),
    (breaks_off, "raised RuntimeError: after the good part"),
    (recursion, "raised RecursionError"),
    (flatters, "returned Flatterer instead of Evidence"),
    (one_control, "needs 2 negative controls, has 1"),
    (no_predicate, "predicate must be given"),
    (passed_verdict, "unexpected keyword argument 'holds'"),
    (passed_refusals, "unexpected keyword argument 'controls'"),
    (verdict_for_a_predicate, "predicate must be given"),
    (citation_that_judges, "must not be given for a citation"),
    (verdict_for_a_true_object, "true objects must be things to judge, not verdicts"),
    (verdict_for_a_false_object, "false objects must be things to judge, not verdicts"),
    (nothing_true, "true must have an object"),
    (says_yes, "negative control went through"),
    (says_no, "does not hold"),
    (wordless, "what must say something"),
    (wordless_control, "must say something"),
    (numbers_for_verdicts, "predicate must be True or False, got 1"),
    (nan_for_a_verdict, "predicate must be True or False, got nan"),
    (forged, "does not hold"),
    (true, "raised TypeError"),
    (never_stops, "returned more than 1000 pieces of evidence"),
]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(("check", "objection"), ATTACKS, ids=[check.__name__ for check, _ in ATTACKS])
def test_no_attack_shows_green(check, objection, jobs):
    found = report(claim("a", good, check), claim("b", good), jobs=jobs)
    assert found.status("a") == FAILED
    assert not found.ok
    assert any(re.search(objection, said) for said in found.findings["a"].objections)
    assert found.status("b") == ESTABLISHED


def hangs_in_pieces(fast):
    yield GOOD
    time.sleep(60)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("check", [hangs, hangs_in_pieces], ids=lambda check: check.__name__)
def test_what_hangs_runs_out_of_time(check, jobs):
    started = time.monotonic()
    found = report(claim("a", check), claim("b", good), jobs=jobs, time_limit=1.0)
    assert found.status("a") == FAILED
    assert "did not end within 1 s" in found.findings["a"].objections[0]
    assert found.status("b") == ESTABLISHED
    assert time.monotonic() - started < 50


def is_killed(fast):
    os.kill(os.getpid(), signal.SIGKILL)


def leaves_at_once(fast):
    os._exit(0)


@pytest.mark.parametrize(
    ("check", "objection"), [(is_killed, "died with exit code -9"), (leaves_at_once, "did not end within 1 s")]
)
def test_a_killed_process_is_no_evidence(check, objection):
    """A process that ends with exit code 0 and no answer is not missed before its time is up."""
    found = report(claim("a", check), jobs=2, time_limit=1.0)
    assert (found.status("a"), len(found.findings["a"].objections)) == (FAILED, 1)
    assert objection in found.findings["a"].objections[0]


def test_processes_that_are_ended_leave_no_semaphores_behind():
    code = (
        "from tests.ledger.test_runner import *\n"
        "if __name__ == '__main__':\n"
        "    print(report(claim('a', hangs), claim('b', good), jobs=2, time_limit=1.0).failed)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert (done.stdout.strip(), done.stderr) == ("['a']", "")


def test_the_alarm_is_put_back():
    before = signal.getsignal(signal.SIGALRM)
    report(claim("a", good))
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_failed_ground_is_told_by_the_exit_code(monkeypatch, capsys):
    """A claim whose own checks hold, on a ground that fails: not established, and the command says 1."""
    from tdbook import ledger

    claims = assemble([[claim("ground", forged), claim("house", good, rests_on=("ground",))]])
    monkeypatch.setattr(ledger, "CLAIMS", claims)
    assert main(["verify", "--jobs", "2", "house"]) == 1
    assert "rests on ground" in capsys.readouterr().out
    assert main(["verify", "--jobs", "1", "--json", "house"]) == 1
    assert '"ok": false' in capsys.readouterr().out


def test_exit_codes_of_the_real_command():
    command = [sys.executable, "-c", "import sys; from tdbook.command_line import main; sys.exit(main())", "verify"]
    good = subprocess.run([*command, "--json", "--fast", "vec-order"], capture_output=True, text=True)
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["ok"] is True
    bad = subprocess.run([*command, "--jobs", "0", "vec-order"], capture_output=True, text=True)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("tdbook: jobs must ")
    assert bad.stderr.count("\n") == 1
