// A run of Algorithm 1 in a page: from a setup of the reader's to the states of kernel.js, and what is seen of them.
// tdbook/figures/live/intro.py holds the random numbers, and makes the same run with the library.
"use strict";
globalThis.tdRun = (() => {
  const degrees = ([x, y]) => (Math.atan2(y, x) * 180) / Math.PI, radians = (angle) => (angle * Math.PI) / 180;
  const joined = (parts) => (parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts.join());

  // A run from its setup: the present state of the kernel, the one before, and what the plots show.
  class Run {
    constructor(data, setup) {
      Object.assign(this, { data, setup, steps: 0, redraws: 0, due: 0, lost: false, last: data.epochs * data.iterations });
      const { m, d, size } = setup;
      this.settings = {
        own: data.plane, stepSize: data.stepSize, initScale: size, regularization: setup.lambda,
        switchNorm: 2 * Math.sqrt(m + data.epochs) * size, kappa: setup.boost ? Math.sqrt(d * (m + data.epochs)) : 1,
        switch: setup.switch,
      };
      this.state = this.first();
      this.before = this.state;
      this.turn(setup.angles);
      this.norms = this.state.U.map(() => []);
      this.errors = [];
      this.ways = this.state.U.map(() => []);
      this.record();
    }

    // The columns of the draw, of the initial size and boosted.
    first() {
      const { data, setup: { m, d, size } } = this, { kappa } = this.settings, draw = data.draws[this.setup.draw - 1];
      const U = Array.from({ length: m }, (_, i) =>
        this.unit([...draw.start[i], draw.lengths[d][i], ...new Array(m - i - 1).fill(0)]).map((x) => size * x));
      return {
        U, a: draw.signs.slice(0, m), c: U.map((u) => kappa / Math.hypot(...u)), cHat: U.map((u) => 1 / Math.hypot(...u)),
        fresh: new Array(m).fill(true), switches: 0, reinitialized: null,
      };
    }

    unit(x) {
      const length = Math.hypot(...x);
      return x.map((value) => value / length);
    }

    // Equal powers of the directions, of unit norm.
    turn(angles) {
      const { order } = this.data, columns = angles.map(radians).map((t) =>
        [Math.cos(t), Math.sin(t), ...new Array(this.setup.m).fill(0)]);
      const square = angles.flatMap((a) => angles.map((b) => Math.cos(radians(a - b)) ** order)).reduce((x, y) => x + y);
      this.target = { order, columns, weights: angles.map(() => 1 / Math.sqrt(square)) };
    }

    record() {
      this.state.U.forEach((u, i) => {
        this.norms[i].push(Math.hypot(...u));
        const here = this.seen(this.state, i), last = this.ways[i].at(-1);
        if (!last || Math.hypot(here[0] - last[0], here[1] - last[1]) > 0.01 * Math.hypot(...last)) this.ways[i].push(here);
      });
      this.errors.push(Math.sqrt(Math.max(0, 2 * tdKernel.losses(this.state, this.target, this.settings).fit)));
    }

    // The part of a column in the plane; its sign counts, for an odd power of -u is minus that of u.
    seen({ U, a }, i) {
      return [a[i] * U[i][0], a[i] * U[i][1]];
    }

    // The vector that comes next: of the draw, or in a direction of the plane that the reader chose.
    next(angle) {
      const { data, setup: { m, d } } = this, draw = data.draws[this.setup.draw - 1], k = this.redraws % data.epochs, numbers = draw.fresh[k];
      const rest = Math.hypot(...numbers.slice(data.plane + m), draw.freshLengths[d][k]);
      const drawn = this.unit([...numbers.slice(0, data.plane + m), rest]), sign = draw.freshSigns[k];
      if (angle === undefined) return { unit: drawn, sign };
      const share = Math.sqrt(data.plane / d), outside = this.unit(drawn.slice(data.plane)), t = radians(angle);
      return { unit: [share * Math.cos(t), share * Math.sin(t), ...outside.map((x) => Math.sqrt(1 - share ** 2) * x)], sign: 1 };
    }

    redraw(angle) {
      const { unit, sign } = this.next(angle);
      this.state = tdKernel.reinitialize(this.state, this.settings, unit, sign);
      this.before = this.state;
      this.redraws++;
      this.due = this.steps + this.data.iterations;
      this.ways[this.state.reinitialized] = [this.seen(this.state, this.state.reinitialized)];
    }

    get over() {
      return this.lost || this.steps >= this.last;
    }

    step(angle) {
      if (this.over) return false;
      const due = this.setup.renewal && this.steps >= this.due;
      if (due) this.redraw(angle);
      this.before = this.state;
      this.state = tdKernel.step(this.state, this.target, this.settings);
      this.steps++;
      this.record();
      this.lost = !this.norms.every((norm) => norm.at(-1) <= this.data.bound);
      return due;
    }

    // The numbers of the targets along which more than half of a target's weight is left in T* - T.
    missing() {
      const { order, columns, weights } = this.target, { U, a, c } = this.state;
      const dot = (x, y) => x.reduce((sum, value, k) => sum + value * y[k], 0);
      return columns.flatMap((direction, k) => {
        const wanted = columns.reduce((sum, u, j) => sum + weights[j] * dot(u, direction) ** order, 0);
        const there = U.reduce((sum, u, i) => sum + a[i] * c[i] ** (order - 2) * dot(u, direction) ** order, 0);
        return wanted - there > weights[k] / 2 ? [k + 1] : [];
      });
    }

    // What is to be seen, in words; tdbook.figures.live.intro.said says it alike.
    say(spoken) {
      const { data, setup, steps } = this, { m } = setup, columns = m === 1 ? "1 column" : `${m} columns`;
      const size = spoken(setup.size, "1");
      if (steps === 0) return `Before the first step: ${columns} of length ${size} in dimension ${setup.d}, and a relative error of 100%.`;
      if (this.lost) {
        const why = !setup.switch && setup.boost
          ? `Without the switch the boost of ${spoken(this.settings.kappa, "2")} stays in the gradient for ever, and steps of this size are `
            + "too long for it: leave out the boost as well, or neither."
          : `Columns that begin with length ${size} are too long for these steps.`;
        return `The run is lost: in step ${steps} a column became longer than ${data.bound}. ${why}`;
      }
      const missing = this.missing(), error = 100 * this.errors.at(-1);
      const grown = this.norms.filter((norm) => norm.at(-1) > data.grown).length, many = missing.length > 1;
      const found = !grown ? "All columns are still short."
        : !missing.length ? "No target is missing."
          : `Target${many ? "s" : ""} ${joined(missing)} ${many ? "are" : "is"} still missing`
            + `${setup.renewal ? "; a fresh column may find " + (many ? "one" : "it") : ", and no fresh column will come"}.`;
      return `Step ${steps} of ${this.last}: ${grown} of ${columns} ${grown === 1 ? "is" : "are"} `
        + `longer than ${data.grown}, and the relative error is ${error < 0.01 ? "below 0.01" : spoken(error, "2")}%. ${found}`;
    }
  }

  return { Run, degrees, radians };
})();
