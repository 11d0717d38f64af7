"""Ways to make the ledger show green for nothing. None of them may work, in this process or in others."""

import dataclasses
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tdbook.command_line import main
from tdbook.ledger.claims import CITED, ESTABLISHED, FAILED, PARTIAL, UNCHECKED, Claim, Control, Evidence, assemble
from tdbook.ledger.runner import verify_claims

GOOD = Evidence("exact", "2 + 2 = 4", True, controls=(Control("2 + 2 = 5", True),))


def good(fast):
    return GOOD


def leaves(fast):
    sys.exit(0)  # an exit code of 0 is not a verdict


def leaves_at_once(fast):
    os._exit(0)


def is_killed(fast):
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(fast):
    time.sleep(60)
    return good(fast)


def hangs_in_pieces(fast):
    yield GOOD
    time.sleep(60)


def never_stops(fast):
    return itertools.repeat(GOOD)


def breaks_off(fast):
    yield GOOD
    raise RuntimeError("after the good part")


def recursion(fast):
    return recursion(fast)


class Flatterer(Evidence):
    @property
    def objection(self):
        return ""


def flatters(fast):
    return Flatterer("exact", "1 = 2", False)


def one_control_twice(fast):
    return Evidence("symbolic", "x = x", True, controls=(Control("sign", True), Control("sign", True)))


def bare_verdicts(fast):
    return Evidence("exact", "x = x", True, controls=(True,))


def wordless(fast):
    return Evidence("exact", " ", True, controls=(Control("2 + 2 = 5", True),))


def wordless_control(fast):
    return Evidence("exact", "x = x", True, controls=(Control("", True),))


def numbers_for_verdicts(fast):
    return Evidence("exact", "x = x", 1, controls=(Control("x = 1", True),))


def nan_for_a_verdict(fast):
    return Evidence("exact", "x = x", True, controls=(Control("x = 1", np.nan),))


def forged(fast):
    object.__setattr__(evidence := dataclasses.replace(GOOD), "holds", False)
    return evidence


def true(fast):
    return True


def claim(id, *checks, rests_on=(), kinds=("exact",)):
    return Claim(id, id, "nowhere", kinds, checks, rests_on, statement="$x=x$")


def report(*claims, **options):
    return verify_claims(assemble([claims]), **options)


ATTACKS = [
    (leaves, "leaves raised SystemExit: 0"),
    (breaks_off, "raised RuntimeError: after the good part"),
    (recursion, "raised RecursionError"),
    (flatters, "returned Flatterer instead of Evidence"),
    (one_control_twice, "needs 2 negative controls, has 1"),
    (bare_verdicts, "controls must be of class Control, got True"),
    (wordless, "what must say something"),
    (wordless_control, "what must say something"),
    (numbers_for_verdicts, "holds must be True or False, got 1"),
    (nan_for_a_verdict, "refused must be True or False, got nan"),
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


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("check", [hangs, hangs_in_pieces], ids=lambda check: check.__name__)
def test_what_hangs_runs_out_of_time(check, jobs):
    started = time.monotonic()
    found = report(claim("a", check), claim("b", good), jobs=jobs, time_limit=1.0)
    assert found.status("a") == FAILED
    assert "did not end within 1 s" in found.findings["a"].objections[0]
    assert found.status("b") == ESTABLISHED
    assert time.monotonic() - started < 50


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
        "from tests.test_ledger_attacked import *\n"
        "if __name__ == '__main__':\n"
        "    print(report(claim('a', hangs), claim('b', good), jobs=2, time_limit=1.0).failed)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("['a']", "")


def test_the_alarm_is_put_back():
    before = signal.getsignal(signal.SIGALRM)
    report(claim("a", good))
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_evidence_of_a_wrong_kind_leaves_a_claim_unestablished():
    found = report(claim("a", good, kinds=("symbolic",)), claim("b", good, kinds=("exact", "measured")))
    assert (found.status("a"), found.missing("a")) == (PARTIAL, ["symbolic"])
    assert (found.status("b"), found.missing("b")) == (PARTIAL, ["measured"])


def cite(fast):
    return Evidence("cited", "a book", True)


def miscite(fast):
    return Evidence("cited", "a book", False)


def test_a_citation_must_be_given():
    found = report(
        claim("bare", kinds=("cited",)),
        claim("cited", cite, kinds=("cited",)),
        claim("withdrawn", miscite, kinds=("cited",)),
        claim("half", good, kinds=("exact", "cited")),
    )
    wanted = {"bare": UNCHECKED, "cited": CITED, "withdrawn": FAILED, "half": PARTIAL}
    assert {id: found.status(id) for id in wanted} == wanted


def test_circles_are_refused():
    with pytest.raises(ValueError, match="must not run in a circle, got a -> a"):
        assemble([[claim("a", good, rests_on=("a",))]])
    with pytest.raises(ValueError, match="must not run in a circle"):
        assemble([[claim("a", good, rests_on=("b",)), claim("b", good, rests_on=("c",)), claim("c", rests_on=("a",))]])


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
    assert bad.stderr.startswith("tdbook: jobs must be an integer from 1 to ")
    assert bad.stderr.count("\n") == 1
