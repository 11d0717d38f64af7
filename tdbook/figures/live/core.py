"""A live figure: its states checked and packed, its sentence, and the output that notebooks and pages share."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tdbook.figures.live.page import OnPage
from tdbook.figures.live.parts import Axis, Control, Field, Mark, Panel, Plane, Plot, numbers
from tdbook.figures.live.series import Series, formatted
from tdbook.figures.style import Picture

# A page's figures together may weigh 300 kB; tests/pages/test_live_pages.py weighs the pages.
LIMIT = 300_000
_PLACE = re.compile(r"\{(\w+)(?::([^}]*))?\}")


class Live(OnPage):
    """A figure whose states were computed beforehand, so that a page needs no server to show them.

    Parameters
    ----------
    name, title, picture, caption, source, tell
        See :class:`~tdbook.figures.live.page.OnPage`.
    controls : sequence of Control
    series : mapping of str to Series
    panels : sequence of Panel
    say : str
        What is to be seen in the present state, in words with numbers: ``{series:3}`` is the entry of a series with
        three significant digits (``:.2f``: two decimals), ``{control}`` the label of a control's value.

    Raises
    ------
    ValueError
        If a mark or the sentence names what is not there, dimensions do not fit, or the data weigh over 300 kB.
    """

    def __init__(
        self,
        name: str,
        title: str,
        *,
        picture: Picture,
        controls: Sequence[Control],
        series: Mapping[str, Series],
        panels: Sequence[Panel],
        say: str,
        caption: str,
        source: str,
        tell: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(name, title, picture, caption, source, tell)
        self.controls = {control.name: control for control in controls}
        self.series = dict(series)
        self.template = say
        self._check_series()
        prepared = [self._with_series(panel) for panel in panels]
        for panel in prepared:
            self._check_panel(panel)
        self.panels = [self._with_ranges(panel) for panel in prepared]
        for place in ({}, *self.tell):
            self.say(**place)
        for name, spec in _PLACE.findall(say):
            if name in self.series and (wrong := self.series[name].misspoken(spec)):
                raise ValueError(f"say must give {name!r} as it was computed, got {wrong}: its series is too coarse")
        if self.size > LIMIT:
            raise ValueError(f"series must weigh at most {LIMIT} bytes, got {self.size} ({self._weights()})")

    # --- checks -------------------------------------------------------------------------------------------

    def _check_series(self) -> None:
        if clash := set(self.controls) & set(self.series):
            raise ValueError(f"series must not be named like a control, got {sorted(clash)}")
        lengths = {name: len(control.values) for name, control in self.controls.items()}
        for name, one in self.series.items():
            for dim, size in zip(one.dims, one.shape, strict=True):
                if lengths.setdefault(dim, size) != size:
                    raise ValueError(f"series {name!r} must have {lengths[dim]} entries along {dim!r}, got {size}")

    def _with_series(self, panel: Panel) -> Panel:
        """The panel with the lists of numbers in its marks turned into series."""
        marks = []
        for mark in panel.marks:
            made: dict[str, Any] = {}
            for ref in mark.refs:
                value = getattr(mark, ref)
                if value is not None and not isinstance(value, str | int | float):
                    made[ref] = f"_{len(self.series)}"
                    self.series[made[ref]] = Series((mark.along or mark.each or "",), value)
            marks.append(replace(mark, **made))
        return replace(panel, marks=tuple(marks))

    def _with_ranges(self, panel: Panel) -> Panel:
        """The panel with every bound of an axis known: over all states, with a little air."""
        if not isinstance(panel, Plot):
            return panel
        x = self._range(panel.x, panel.marks, ("x", "x0"), air=0.0)
        return replace(panel, x=x, y=self._range(panel.y, panel.marks, ("y", "y0", "low", "high"), air=0.05))

    def _range(self, axis: Axis, marks: Sequence[Mark], refs: Sequence[str], air: float) -> Axis:
        if axis.low is not None and axis.high is not None:
            return axis
        found = [np.empty(0)]
        for mark in marks:
            for ref in refs:
                value = getattr(mark, ref, None)
                if value is not None and not (ref in ("low", "high") and not hasattr(mark, "x")):
                    found.append(numbers(self.series[value].values if isinstance(value, str) else value))
        every = np.concatenate(found)
        if axis.scale == "log":
            every = np.log10(every[every > 0])
        if not every.size:
            raise ValueError(f"axis {axis.label!r} must have bounds or marks with numbers, got neither")
        low, high = float(every.min()), float(every.max())
        margin = air * (high - low) or (1.0 if high == low else 0.0)
        low, high = low - margin, high + margin
        if axis.scale == "log":
            low, high = 10.0**low, 10.0**high
        return replace(
            axis,
            low=float(f"{low:.4g}") if axis.low is None else axis.low,
            high=float(f"{high:.4g}") if axis.high is None else axis.high,
        )

    def _check_panel(self, panel: Panel) -> None:
        where = f"panel {panel.title!r}"
        if isinstance(panel, Plane) and panel.pick:
            for name in panel.pick:
                self._check_reference(name, set(), where)
        if isinstance(panel, Plot):
            for bound in (panel.x.low, panel.x.high, panel.y.low, panel.y.high):
                if isinstance(bound, str):
                    self._check_reference(bound, set(), where)
        for condition in (panel.when, *(mark.when for mark in panel.marks)):
            for name, keys in (condition or {}).items():
                if name not in self.controls or not set(keys) <= set(self.controls[name].keys):
                    raise ValueError(f"{where}: when must give keys of a control, got {name!r}: {keys!r}")
        for mark in panel.marks:
            free = {dim for dim in (mark.along, mark.each) if dim}
            if isinstance(mark, Field):
                free |= set(self.series[mark.grids].dims) if mark.grids in self.series else set()
            for ref in mark.refs:
                if isinstance(value := getattr(mark, ref), str):
                    self._check_reference(value, free, where)
            for name in ("cut", "until"):
                control = mark.along if name == "cut" else getattr(mark, "until", None)
                if getattr(mark, name, None) and control not in self.controls:
                    raise ValueError(f"{where}: {name} must go with a control, got {control!r}")

    def _check_reference(self, name: str, free: set[str], where: str) -> None:
        if name not in self.series:
            raise ValueError(f"{where} must name a series, got {name!r}")
        if loose := set(self.series[name].dims) - free - set(self.controls):
            raise ValueError(f"{where}: series {name!r} must run along controls or the mark, got also {sorted(loose)}")

    # --- states -------------------------------------------------------------------------------------------

    def place(self, **state: str) -> dict[str, int]:
        """The index of each control's value in a state given by keys; the first value where none is given."""
        found = {name: control.start for name, control in self.controls.items()}
        for name, key in state.items():
            if name not in self.controls or str(key) not in self.controls[name].keys:
                known = self.controls[name].keys if name in self.controls else sorted(self.controls)
                raise ValueError(f"state must be among {known}, got {name}={key}")
            found[name] = self.controls[name].keys.index(str(key))
        return found

    def at(self, series: str, **state: str) -> Any:
        """The entry of a series in a state: an array along its free dimensions."""
        return self.series[series].at(self.place(**state))

    def say(self, **state: str) -> str:
        """The sentence of a state."""
        place = self.place(**state)

        def fill(match: re.Match[str]) -> str:
            name, spec = match[1], match[2] or ""
            if name in self.controls:
                return self.controls[name].texts[place[name]]
            if name not in self.series:
                raise ValueError(f"say must name series and controls, got {name!r}")
            value = self.series[name].at(place)
            if np.ndim(value):
                raise ValueError(f"say must name one value of {name!r}, got {np.size(value)}: {self.series[name].dims}")
            return formatted(value.item() if hasattr(value, "item") else value, spec)

        return _PLACE.sub(fill, self.template)

    def states(self) -> Iterator[dict[str, str]]:
        """All states, each by the keys of the controls."""
        for keys in itertools.product(*(control.keys for control in self.controls.values())):
            yield dict(zip(self.controls, keys, strict=True))

    def address(self, **state: str) -> str:
        """The address of a state within its page; only what differs from the first state is named."""
        place = self.place(**state)
        parts = [
            f"{name}={control.keys[place[name]]}"
            for name, control in self.controls.items()
            if place[name] != control.start
        ]
        return f"#live-{self.name}" + (f"?{'&'.join(parts)}" if parts else "")

    # --- output -------------------------------------------------------------------------------------------

    def packed(self) -> dict[str, Any]:
        """All that the script needs, for JSON."""
        panels = []
        for panel in self.panels:
            one: dict[str, Any] = {"kind": panel.kind, "title": panel.title}
            one["marks"] = [mark.packed() for mark in panel.marks]
            if panel.when:
                one["when"] = panel.when
            if isinstance(panel, Plot):
                one |= {"height": panel.height, "share": panel.share, "x": vars(panel.x), "y": vars(panel.y)}
            if isinstance(panel, Plane):
                one |= {"reach": panel.reach, "share": panel.share}
                if panel.pick:
                    one["pick"] = panel.pick
            panels.append(one)
        return {
            "title": self.title,
            "controls": [control.packed() for control in self.controls.values()],
            "series": {name: one.packed() for name, one in self.series.items()},
            "panels": panels,
            "say": self.template,
        }

    def _weights(self) -> str:
        heavy = sorted(((len(json.dumps(one.packed())), name) for name, one in self.series.items()), reverse=True)
        return ", ".join(f"{name} {weight}" for weight, name in heavy[:4])

    @property
    def kind(self) -> str:
        """How many states there are."""
        return f"{int(np.prod([len(control.values) for control in self.controls.values()]))} states"
