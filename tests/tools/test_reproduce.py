"""The comparison of two builds, on small folders: the builds themselves take minutes, `make reproduce` does them."""

import pytest

from tools import reproduce


@pytest.fixture
def two(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "book").mkdir(parents=True)
        (tmp_path / name / "index.html").write_text("<p>the same</p>")
        (tmp_path / name / "book" / "page.html").write_text("<p>the same</p>")
    return tmp_path / "one", tmp_path / "two"


def test_equal_folders(two):
    assert reproduce.compare(*two) == reproduce.Comparison(2, (), ())


def test_one_byte_is_seen_and_where(two):
    (two[1] / "book" / "page.html").write_text("<p>the some</p>")
    found = reproduce.compare(*two)
    assert (found.same, found.expected) == (1, ())
    assert found.faults == ("book/page.html: at byte 8: b'<p>the same</p>' and b'<p>the some</p>'",)
    allowed = reproduce.compare(*two, {"book/*.html": "a reason"})
    assert allowed == reproduce.Comparison(1, ("book/page.html",), ())
    assert reproduce.compare(*two, {"*.js": "a reason"}).faults


def test_missing_and_longer_files_are_seen(two):
    (two[0] / "index.html").unlink()
    (two[1] / "book" / "page.html").write_text("<p>the same</p> and more")
    found = reproduce.compare(*two)
    assert found.same == 0
    assert found.faults[0].startswith("book/page.html: at byte 15")
    assert found.faults[1] == f"index.html: only in {two[1]}"


def test_no_build_is_no_agreement(tmp_path):
    with pytest.raises(ValueError, match="no files"):
        reproduce.compare(tmp_path / "nothing", tmp_path / "nothing")


def test_each_exception_has_a_reason():
    assert all(len(reason) > 10 for reason in reproduce.EXPECTED.values())


def test_the_surroundings_differ():
    (one, first), (two, second) = reproduce.SURROUNDINGS
    assert one != two
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first)
