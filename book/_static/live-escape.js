// A fresh column leaves a bad local minimum: the plane of the target lies flat, what is outside it stands up. A live
// figure like live-run.js, whose states come from run.js; tdbook/figures/live/escape.py holds its data.
"use strict";
globalThis.liveEscape = (() => {
  const FLAT = 0.42, HIGH = 75; // how flat the plane is drawn, and pixels for the height of a unit vector
  const dot = (x, y) => x.reduce((sum, value, k) => sum + value * y[k], 0);

  const fell = (by) => (Math.abs(by) < 0.005 ? "hardly moved" : `${by > 0 ? "fallen" : "risen"} by ${Math.abs(by).toFixed(2)}`);

  // An epoch from the bad minimum, with the fresh column in place.
  class Escape extends tdRun.Run {
    constructor(data, setup) {
      super(data, setup);
      this.redraw(setup.angle);
      this.j = this.state.reinitialized;
      this.birth = this.terms();
      this.size = Math.sqrt(this.birth.reduce((sum, [b, u]) => sum + this.birth.reduce((part, [c, v]) => part + b * c * dot(u, v) ** data.order, 0), 0));
      Object.assign(this, { inside: [], outside: [], losses: [] });
      this.look();
    }

    first() {
      const { data } = this, U = data.stuck.map((u) => [...u, ...new Array(data.stuck.length).fill(0)]);
      const inverse = U.map((u) => 1 / Math.hypot(...u)), m = U.length;
      return { U, a: new Array(m).fill(1), c: inverse, cHat: inverse, fresh: new Array(m).fill(false), switches: 0, reinitialized: null };
    }

    turn() {
      const { data } = this, columns = data.target.columns.map((u) => [...u, ...new Array(data.stuck.length).fill(0)]);
      this.target = { order: data.order, weights: data.target.weights, columns };
    }

    next(angle) {
      const share = Math.sqrt(this.data.plane / this.setup.d), t = tdRun.radians(angle);
      const zeros = new Array(this.data.stuck.length).fill(0);
      return { unit: [share * Math.cos(t), share * Math.sin(t), ...zeros, Math.sqrt(1 - share ** 2)], sign: 1 };
    }

    // The part of T - T* in the plane, as weights and vectors.
    terms() {
      const { U, a, c } = this.state, { order, weights, columns } = this.target, own = this.data.plane;
      return [...U.map((u, i) => [a[i] * c[i] ** (order - 2), u.slice(0, own)]), ...columns.map((u, k) => [-weights[k], u.slice(0, own)])];
    }

    correlation(terms, w) {
      const found = terms.reduce((sum, [b, u]) => sum + b * dot(u, w) ** this.data.order, 0) / this.size;
      return Math.abs(found) > this.data.rounding ? found : 0;
    }

    get direction() {
      return this.unit(this.state.U[this.j].slice(0, this.data.plane));
    }

    look() {
      const { U } = this.state, own = this.data.plane;
      this.inside.push(Math.hypot(...U[this.j].slice(0, own)));
      this.outside.push(Math.hypot(...U.flatMap((u) => u.slice(own))));
      this.losses.push(tdKernel.losses(this.state, this.target, this.settings).f);
    }

    step() {
      const before = this.steps;
      super.step();
      if (this.steps > before && !this.lost) this.look();
      return false;
    }

    // What the lemmas bound, now.
    get facts() {
      const born = this.correlation(this.birth, this.unit(this.next(this.setup.angle).unit.slice(0, this.data.plane)));
      return {
        born, growth: this.inside.at(-1) / this.inside[0], outside: this.outside.at(-1),
        bound: Math.sqrt(this.setup.m + this.data.epochs) * this.setup.size,
        turned: this.correlation(this.birth, this.direction), fall: this.losses[0] - this.losses.at(-1),
      };
    }

    say(spoken) {
      const { born, growth, fall } = this.facts, { gamma } = this.data;
      if (this.lost) return super.say(spoken);
      const lucky = born <= -gamma ? "lucky" : "not lucky", share = spoken(born, "2");
      const first = `A fresh column at ${this.setup.angle} degrees in dimension ${this.setup.d} starts with a correlation of ${share}, which is ${lucky}.`;
      if (!this.steps) return `${first} Its part in the plane is ${spoken(this.inside[0], "2")} long, and the loss is ${spoken(this.losses[0], "2")}.`;
      return `${first} After ${this.steps} steps its part in the plane is ${spoken(growth, "2")} times as long, and the loss has ${fell(fall)}.`;
    }
  }

  return class EscapeFigure extends liveRun {
    get titles() {
      return ["length in the plane, and outside", "loss"];
    }

    newRun() {
      return new Escape(this.data, this.setup());
    }

    setup() {
      const { fixed } = this.data;
      return {
        ...fixed, m: this.data.stuck.length, d: Number(this.key("d")), angle: Number(this.key("angle")), renewal: false,
        boost: this.key("boost") === "on", switch: this.key("switch") === "on",
      };
    }

    disc() {
      const { html, svg } = liveDraw;
      this.ground = svg("g", {});
      this.lines = svg("g", {});
      this.plane = svg("svg", { viewBox: "-116 -100 232 160", role: "img", "aria-label": "The plane of the target, and what is outside it.", "aria-describedby": `live-${this.name}-say` }, this.ground, this.lines);
      this.fresh = this.handle("td-run__fresh", (angle) => this.change("angle", this.control("angle").keys.indexOf(String(angle))));
      this.discBox = html("div", { class: "td-run__disc td-run__disc--flat" }, this.plane, this.fresh);
      this.lemmas = html("ol", { class: "td-run__lemmas", start: 5 }, ...[0, 1, 2, 3, 4].map(() => html("li", {})));
      return html("div", {}, this.discBox, this.lemmas);
    }

    settings() {
      return liveDraw.html("div", { hidden: true });
    }

    bar() {
      const bar = super.bar();
      bar.append(this.list(this.control("d")));
      return bar;
    }

    pointed({ clientX, clientY }) {
      const r = this.discBox.getBoundingClientRect(), scale = r.width / 232;
      return tdRun.degrees([clientX - r.left - 116 * scale, (r.top + 100 * scale - clientY) / FLAT]);
    }

    // A point of the plane, by its angle and length, and a height above it, on the screen.
    spot(x, y, outside = 0) {
      const [u, v] = this.at([x, y]);
      return [u, FLAT * v - HIGH * this.radius(outside)];
    }

    draw() {
      const { run } = this, { svg, path, formatted } = liveDraw, { facts } = run, { gamma } = this.data;
      this.named();
      const ring = (r, kind) => svg("ellipse", { rx: 100 * r, ry: 100 * FLAT * r, class: kind });
      const terms = run.terms(), rim = Array.from({ length: 121 }, (_, k) => (k * Math.PI) / 60);
      const good = rim.map((t) => (run.correlation(terms, [Math.cos(t), Math.sin(t)]) <= -gamma ? [100 * Math.cos(t), -100 * FLAT * Math.sin(t)] : [NaN, NaN]));
      this.ground.replaceChildren(ring(1, "td-run__rim"), ...[1e-4, 1e-2, 1].map((length) => ring(this.radius(length), "td-run__ring")),
        svg("path", { d: path(good), class: "td-live__c-green", fill: "none", "stroke-width": 5, opacity: 0.7 }),
        svg("path", { d: path([[0, 0], [0, -HIGH]]), class: "td-live__c-grey", "stroke-width": 1, "stroke-dasharray": "2 3" }));
      const f = this.between(), marks = [], others = run.state.U.filter((_, i) => i !== run.j);
      const sizes = others.map((u) => this.spot(u[0], u[1], Math.hypot(...u.slice(2))));
      const now = [0, 1].map((k) => run.before.U[run.j][k] + f * (run.state.U[run.j][k] - run.before.U[run.j][k]));
      const height = Math.hypot(...(run.lost ? run.before : run.state).U[run.j].slice(2));
      const foot = this.spot(...now), tip = this.spot(...now, height), way = run.ways[run.j].map(([x, y]) => this.spot(x, y));
      const number = ([x, y], text, on) => marks.push(
        svg("circle", { cx: x, cy: y, r: 7, class: `td-run__mark${on ? " td-run__mark--on" : ""}` }),
        svg("text", { x, y: y + 3.2, "text-anchor": "middle", class: "td-run__digit" }, text));
      const lit = [facts.outside <= facts.bound * 1.0001, facts.born <= -gamma, facts.growth > 10, run.steps > 0 && facts.turned <= -gamma, facts.fall >= 0.005];
      number([-14, -HIGH * this.radius(facts.bound)], "5", lit[0]);
      number([way[0][0] - 12, way[0][1] + 10], "6", lit[1]);
      if (lit[2]) number(way[Math.floor(way.length / 2)].map((value, k) => value + (k ? 11 : 0)), "7", true);
      if (lit[3]) number([foot[0] + 13, foot[1] + 8], "8", true);
      this.lines.replaceChildren(
        ...sizes.map((end) => svg("path", { d: path([[0, 0], end]), class: "td-live__c-grey", "stroke-width": 2.4 })),
        svg("path", { d: path([...way, foot]), class: "td-live__c-blue", fill: "none", "stroke-width": 1.4, opacity: 0.5 }),
        svg("path", { d: path([foot, tip]), class: "td-live__c-grey", "stroke-width": 1, "stroke-dasharray": "3 2" }),
        svg("path", { d: path([[0, 0], tip]), class: "td-live__c-blue", "stroke-width": 2.6 }),
        svg("circle", { cx: tip[0], cy: tip[1], r: 4.2, class: "td-live__c-blue td-live__full" }), ...marks);
      const texts = [
        `outside the plane ${formatted(facts.outside, "2")}, never above ${formatted(facts.bound, "2")}`,
        `correlation at birth ${formatted(facts.born, "2")}, lucky below ${formatted(-gamma, "2")}`,
        `the part in the plane has grown ${formatted(facts.growth, "2")} times`,
        `after turning the correlation would be ${formatted(facts.turned, "2")}`,
        `the loss has ${fell(facts.fall)}`,
      ];
      [...this.lemmas.children].forEach((item, k) => {
        if (item.textContent !== texts[k]) item.textContent = texts[k];
        item.classList.toggle("td-run__lemma--on", lit[k]);
      });
      const t = tdRun.radians(run.setup.angle), r = this.discBox.clientWidth / 232;
      this.fresh.style.left = `${r * (116 + 110 * Math.cos(t))}px`;
      this.fresh.style.top = `${r * (100 - 110 * FLAT * Math.sin(t))}px`;
      this.fresh.style.rotate = `${90 - tdRun.degrees([Math.cos(t), FLAT * Math.sin(t)])}deg`;
      this.fresh.setAttribute("aria-label", "direction of the fresh column");
      this.fresh.setAttribute("aria-valuenow", run.setup.angle);
      this.fresh.setAttribute("aria-valuetext", `${run.setup.angle} degrees`);
      const [lengths, loss] = this.graphs;
      if (this.frameOf(lengths, run.setup.size / 50, 3)) lengths.curves.replaceChildren(this.curve(lengths, run.inside, "blue"), this.curve(lengths, run.outside, "grey"));
      if (this.frameOf(loss, 0, 0.5, true)) loss.curves.replaceChildren(this.curve(loss, run.losses, "green"));
    }
  };
})();
