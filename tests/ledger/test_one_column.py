"""The checks of one column at a time notice an algorithm, a plan or a table that is not the right one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tdbook.descent import merging, one_column
from tdbook.ledger.runnable import runs, steps
from tdbook.tables import runnable as tables


def test_as_it_is_every_fast_check_holds():
    for check in (
        steps.check_one_column_bound,
        steps.check_lucky_fall_steps,
        runs.check_table_in_sum,
        runs.check_merging,
    ):
        assert not check(True).objection


def test_a_longer_step_is_noticed(monkeypatch):
    def twice(column, pull, settings, norm=1.0):
        return one_column.column_step(column, pull, replace(settings, step_size=2 * settings.step_size), norm)

    monkeypatch.setattr(steps, "column_step", twice)
    assert not steps.check_one_column_bound(True).holds


def test_a_column_without_its_own_part_is_noticed(monkeypatch):
    def heavy(column, pull, settings, norm=1.0):
        moved = one_column.column_step(column, pull, settings, norm)
        return replace(moved, log_scale=moved.log_scale + settings.order * settings.step_size * column.mass)

    monkeypatch.setattr(steps, "column_step", heavy)
    assert not steps.check_one_column_bound(True).holds


def test_fewer_steps_than_the_plan_asks_for_are_noticed(monkeypatch):
    plans = steps.guaranteed
    monkeypatch.setattr(
        steps, "guaranteed", lambda *size: replace(plans(*size), iterations=int(0.9 * plans(*size).iterations))
    )
    assert not steps.check_lucky_fall_steps(True).holds


@pytest.mark.parametrize("change", [{"reached": "19"}, {"kept": "19"}, {"below": "1"}, {"most": "10000"}])
def test_a_row_that_breaks_the_promise_is_noticed(monkeypatch, change):
    rows = tables.read_table(runs.TABLE)
    monkeypatch.setattr(runs, "read_table", lambda path: [{**rows[0], **change}, *rows[1:]])
    assert not runs.check_table_in_sum(True).holds


def test_a_merge_that_changes_the_tensor_is_noticed(monkeypatch):
    def careless(tensor, basis=None, *, towards=1.0):
        return merging.merged(tensor, basis, towards=towards).scaled(1.0 + 1e-6)

    monkeypatch.setattr(runs, "merged", careless)
    assert not runs.check_merging(True).holds
