"""Tests of ``tdbook.proofs.rise``."""

from fractions import Fraction

from tdbook.proofs.exact import Instance


def test_vectors_lie_where_their_families_do():
    at = Instance(9, l=3, m=3, r=2)
    for n in (1, 2, 3):
        assert at.vector("us", n)[2:] == at.vector("p", n)[2:] == (0, 0)
        assert at.vector("q", n)[:2] == (0, 0)
        assert at.vector("w", n)[0] == 0
        assert at.vector("o", n) == tuple(int(k == n - 1) for k in range(4))
        assert at.vector("f", n) == tuple(int(k == n) for k in range(4))
        assert len(at.vector("X", n)) == 6
        for name in ("us", "v", "w", "g"):
            length = sum(t * t for t in at.vector(name, n))
            assert length == at.number("length", name, n) ** 2
    assert at.vector("e") == (1, 0, 0, 0)
    assert at._unit("u", 1, 1) == [1]
    assert sum(t * t for t in at._unit("u", 1, 3)) == 1


def test_no_entry_of_a_unit_vector_vanishes(monkeypatch):
    """The projected point (3/5, 4/5) has length 1 and would give a first entry 0: it is taken twice as far out."""
    drawn = iter([3, 5, 4, 5])

    class Loaded:
        choice = staticmethod(lambda signs: 1)
        randint = staticmethod(lambda low, high: next(drawn))

    monkeypatch.setattr(Instance, "_random", lambda self, *key: Loaded)
    assert Instance()._unit("v", 1, 3) == [Fraction(-3, 5), Fraction(12, 25), Fraction(16, 25)]
