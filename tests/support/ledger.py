"""What several tests share."""

from tdbook.ledger.claims import Claim, Evidence, assemble
from tdbook.ledger.runner import verify_claims


def is_four(sum_of_two):
    return sum_of_two == 4


def good(fast):
    return Evidence("exact", "2 + 2 = 4", is_four, {"2 + 2": 2 + 2}, {"2 + 3": 2 + 3})


def wrong(fast):
    return Evidence("exact", "2 + 3 = 4", is_four, {"2 + 3": 2 + 3}, {"2 + 4": 2 + 4}, tell=str)


def raises(fast):
    raise ZeroDivisionError("by design")


def claim(id, *checks, rests_on=(), kinds=("exact",)):
    return Claim(id, id, "nowhere", kinds, checks, rests_on, statement="$x=x$")


def report(*claims, **options):
    return verify_claims(assemble([claims]), **options)


def seen(found):
    return {finding.evidence[0].seen for finding in found.findings.values() if finding.evidence}


GOOD = Evidence("exact", "2 + 2 = 4", is_four, {"2 + 2": 4}, {"2 + 3": 5})
