// Algorithm 1, running in the page (run.js): a live figure that computes its states itself. live.js wakes it and keeps
// its address; tdbook/figures/live/intro.py holds its data.
"use strict";
globalThis.liveRun = (() => {
  const CALM = matchMedia("(prefers-reduced-motion: reduce)");
  const PACE = 30, STRIDE = 20; // steps a second, and steps at a press where motion is not wanted
  const COLOURS = ["blue", "orange", "green", "pink", "amber", "sky"];
  const away = (a, b) => Math.abs((((a - b + 180) % 360) + 360) % 360 - 180); // degrees between two directions
  const turned = (angle) => ((Math.round(angle) % 360) + 360) % 360;

  // --- the figure ---------------------------------------------------------------------------------------------

  class RunFigure {
    constructor(root, remember) {
      this.root = root;
      this.name = root.dataset.live;
      this.data = JSON.parse(root.querySelector(".td-live__data").textContent);
      if (!globalThis.tdRun) throw new Error("run.js is not there");
      this.remember = () => remember(this);
      this.place = this.start();
      const { html } = liveDraw;
      this.sentence = html("p", { class: "td-live__say", role: "status", id: `live-${this.name}-say` });
      this.link = html("a", { class: "td-live__link", href: `#live-${this.name}` }, "Link to these settings");
      this.stage = html("div", { class: "td-live__stage td-run" }, this.bar(), html("div", { class: "td-run__panels" }, this.disc(), this.plots()),
        this.sentence, this.settings());
      root.querySelector(".td-live__still").after(this.stage);
      root.querySelector("figcaption").append(html("p", { class: "td-live__links" }, this.link));
      root.classList.add("td-live--awake");
      this.begin();
      new ResizeObserver(() => this.later()).observe(this.stage);
      new IntersectionObserver(([{ isIntersecting }]) => {
        this.hidden = !isIntersecting;
        if (this.playing) this.hidden ? cancelAnimationFrame(this.frame) : this.go();
      }).observe(this.stage);
      CALM.addEventListener("change", () => this.stop());
    }

    start() {
      const place = Object.fromEntries(this.data.controls.map(({ name, start }) => [name, start]));
      return this.data.angles ? { ...place, angles: this.data.angles[this.key("targets", place)] } : place;
    }

    control(name) {
      return this.data.controls.find((control) => control.name === name);
    }

    key(name, place = this.place) {
      return this.control(name).keys[place[name]];
    }

    setup() {
      const number = (name) => Number(this.key(name)), on = (name) => this.key(name) === "on";
      return {
        m: number("m"), d: number("d"), lambda: number("lambda"), size: number("size"), draw: number("draw"),
        renewal: on("renewal"), boost: on("boost"), switch: on("switch"), angles: this.place.angles,
      };
    }

    // Directions in whole steps of five degrees, no two of them nearly on one line.
    allowed(angles, count) {
      return angles.length === count && angles.every((a, k) => Number.isInteger(a / 5) && a >= 0 && a < 360
        && angles.slice(0, k).every((b) => Math.min(away(a, b), 180 - away(a, b)) >= 15));
    }

    // What is not named in an address, or not known, is as at the start.
    from(query) {
      const place = this.start();
      for (const { name, keys } of this.data.controls) {
        const index = keys.indexOf(query.get(name));
        if (index >= 0) place[name] = index;
      }
      if (!this.data.angles) return place;
      place.angles = this.data.angles[this.key("targets", place)];
      const turned = (query.get("angles") ?? "").split("-").map((text) => (/^\d{1,3}$/.test(text) ? Number(text) : NaN));
      if (this.allowed(turned, place.angles.length)) place.angles = turned;
      return place;
    }

    address() {
      const parts = this.data.controls.filter(({ name, start }) => this.place[name] !== start)
        .map(({ name, keys }) => `${name}=${encodeURIComponent(keys[this.place[name]])}`);
      const { angles } = this.place;
      if (angles && angles.join() !== this.data.angles[angles.length].join()) parts.push(`angles=${angles.join("-")}`);
      return `live-${this.name}` + (parts.length ? `?${parts.join("&")}` : "");
    }

    move(place, { quiet = false } = {}) {
      this.stop();
      Object.assign(this.place, place);
      this.begin();
      if (!quiet) this.remember();
    }

    // A run from its beginning, or from the end of the epoch that the address names.
    begin() {
      this.run = this.newRun();
      this.chosen = undefined;
      this.part = 0;
      for (let n = 0; n < Number(this.key("done")) * this.data.iterations; n++) this.run.step();
      for (const [name, show] of Object.entries(this.inputs)) show(this.place[name]);
      this.link.href = `#${this.address()}`;
      this.speak();
      this.draw();
    }

    newRun() {
      return new tdRun.Run(this.data, this.setup());
    }

    change(name, index) {
      const going = this.playing || this.run.over, place = { [name]: index, done: 0 };
      if (name === "targets") place.angles = this.data.angles[this.control(name).keys[index]];
      this.move(place);
      if (going && !CALM.matches) this.play();
    }

    bar() {
      const { html } = liveDraw, button = (text, act, more = {}) => {
        const made = html("button", { type: "button", class: "td-live__button", ...more }, text);
        made.addEventListener("click", act);
        return made;
      };
      this.player = button("Play", () => this.pressed(), { class: "td-live__button td-live__play" });
      this.fresher = button("Fresh column", () => this.freshen(this.handleAngle()), { hidden: !this.data.draws });
      const boxes = this.data.controls.filter(({ kind }) => kind === "switch").map((control) => this.box(control));
      return html("div", { class: "td-live__controls", role: "group", "aria-label": `Controls: ${this.data.title}` },
        this.player, button("Restart", () => this.move({ done: 0 })), this.fresher, ...boxes);
    }

    box({ name, label }) {
      const { html, richHtml } = liveDraw, id = `live-${this.name}-${name}`, box = html("input", { type: "checkbox", id });
      box.addEventListener("change", () => this.change(name, box.checked ? 1 : 0));
      (this.inputs ??= {})[name] = (index) => (box.checked = index === 1);
      return html("label", { class: "td-live__option", for: id }, box, html("span", {}, ...richHtml(label)));
    }

    list({ name, label, keys, texts = keys }) {
      const { html, richHtml } = liveDraw, id = `live-${this.name}-${name}`;
      const list = html("select", { id }, ...texts.map((text, i) => html("option", { value: i }, text)));
      list.addEventListener("change", () => this.change(name, Number(list.value)));
      this.inputs[name] = (index) => (list.value = index);
      return html("div", { class: "td-live__control" }, html("label", { for: id }, ...richHtml(label)), list);
    }

    settings() {
      const { html } = liveDraw, lists = this.data.controls.filter(({ kind, name }) => kind !== "switch" && name !== "done");
      const box = html("details", { class: "td-run__settings" }, html("summary", {}, "Settings"), html("div", {}, ...lists.map((control) => this.list(control))));
      box.open = matchMedia("(min-width: 576px)").matches;
      return box;
    }

    // --- play

    pressed() {
      if (this.playing) return this.stop();
      if (this.run.over) this.move({ done: 0 });
      if (!CALM.matches) return this.play();
      for (let n = 0; n < STRIDE; n++) this.advance();
      this.speak();
      this.draw();
    }

    play() {
      this.playing = true;
      this.sentence.setAttribute("aria-live", "off");
      this.go();
      this.draw();
    }

    go() {
      cancelAnimationFrame(this.frame);
      let last;
      const tick = (now) => {
        this.part += (Math.min(now - (last ?? now), 100) * PACE) / 1000;
        last = now;
        while (this.part >= 1 && !this.run.over) {
          this.advance();
          this.part--;
        }
        if (this.run.over) return this.stop();
        this.draw();
        this.frame = requestAnimationFrame(tick);
      };
      if (!this.hidden) this.frame = requestAnimationFrame(tick);
    }

    stop() {
      cancelAnimationFrame(this.frame);
      this.playing = false;
      this.part = 0;
      this.sentence.removeAttribute("aria-live");
      this.speak();
      this.draw();
    }

    advance() {
      if (this.run.step(this.chosen)) this.chosen = undefined;
      if (this.playing && this.run.steps % 6 === 0) this.speak();
    }

    speak() {
      const text = this.run.say(liveDraw.formatted);
      if (this.sentence.textContent !== text) this.sentence.textContent = text;
    }

    // A fresh column now; after the end of the run an epoch more.
    freshen(angle) {
      if (this.run.lost) return;
      this.run.redraw(angle);
      this.chosen = undefined;
      if (this.run.over) this.run.last += this.data.iterations;
      if (!this.playing && !CALM.matches) this.play();
      this.draw();
    }

    // --- the disc

    // Radius in the disc of a length, logarithmic, 1 at the rim.
    radius(length) {
      const low = Math.log10(this.run.setup.size / 100);
      return Math.min(1.02, Math.max(0, (Math.log10(length) - low) / (0.5 - low)));
    }

    at([x, y], length = Math.hypot(x, y)) {
      const r = 100 * this.radius(length), size = Math.hypot(x, y) || 1;
      return [(r * x) / size, (-r * y) / size];
    }

    handleAngle() {
      if (this.chosen !== undefined) return this.chosen;
      const { unit, sign } = this.run.next();
      return tdRun.degrees([sign * unit[0], sign * unit[1]]);
    }

    disc() {
      const { html, svg } = liveDraw;
      this.rings = svg("g", { class: "td-live__axes" });
      this.lines = svg("g", {});
      this.plane = svg("svg", { viewBox: "-116 -116 232 232", "aria-hidden": "true" }, this.rings, this.lines);
      this.handles = [0, 1, 2].map((k) => this.handle("td-run__target", (angle) => this.aim(k, angle)));
      this.fresh = this.handle("td-run__fresh", (angle) => {
        this.chosen = angle;
        this.draw();
      }, () => this.freshen(this.handleAngle()));
      const box = html("div", { class: "td-run__disc", role: "group", "aria-label": "the plane of the target" }, this.plane, ...this.handles, this.fresh);
      this.plane.addEventListener("click", (event) => this.freshen(this.pointed(event)));
      this.discBox = box;
      return box;
    }

    pointed({ clientX, clientY }) {
      const r = this.discBox.getBoundingClientRect();
      return tdRun.degrees([clientX - r.left - r.width / 2, r.top + r.height / 2 - clientY]);
    }

    // A mark that turns about the centre: by pointer, or by arrow keys in steps of five degrees.
    handle(kind, turn, enter) {
      const mark = liveDraw.html("div", { class: `td-run__handle ${kind}`, role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 355 });
      const by = { ArrowLeft: 5, ArrowUp: 5, ArrowRight: -5, ArrowDown: -5, PageUp: 30, PageDown: -30 };
      const whole = (angle) => turned(5 * Math.round(angle / 5));
      mark.addEventListener("keydown", (event) => {
        const press = enter && ["Enter", " "].includes(event.key);
        if (!press && !by[event.key]) return;
        event.preventDefault();
        if (press) enter();
        else turn(whole(Number(mark.getAttribute("aria-valuenow")) + by[event.key]));
      });
      mark.addEventListener("pointerdown", (event) => {
        mark.setPointerCapture(event.pointerId);
        event.preventDefault();
        mark.focus();
      });
      mark.addEventListener("pointermove", (event) => {
        if (mark.hasPointerCapture(event.pointerId)) turn(whole(this.pointed(event)));
      });
      return mark;
    }

    // A target turns while the run goes on.
    aim(k, angle) {
      const angles = this.place.angles.map((old, i) => (i === k ? angle : old));
      if (!this.allowed(angles, angles.length)) return;
      this.place.angles = angles;
      this.place.done = 0;
      this.run.setup.angles = angles;
      this.run.turn(angles);
      this.link.href = `#${this.address()}`;
      this.remember();
      if (!this.playing) this.speak();
      this.draw();
    }

    put(mark, angle, radius, label, text) {
      const t = tdRun.radians(angle);
      mark.style.left = `${50 + (radius * 100 * Math.cos(t)) / 2.32}%`;
      mark.style.top = `${50 - (radius * 100 * Math.sin(t)) / 2.32}%`;
      mark.setAttribute("aria-label", label);
      mark.setAttribute("aria-valuenow", turned(angle));
      mark.setAttribute("aria-valuetext", text);
    }

    get titles() { return ["norms", "relative error"]; }

    plots() {
      const { html, svg } = liveDraw;
      this.graphs = this.titles.map((title) => {
        const drawing = svg("svg", { role: "img", "aria-label": `${title}.`, "aria-describedby": `live-${this.name}-say` });
        const axes = svg("g", { class: "td-live__axes" }), curves = svg("g", {}), box = html("div", { class: "td-live__box" }, drawing);
        drawing.append(axes, curves);
        return { drawing, axes, curves, box, element: html("div", {}, html("p", { class: "td-live__head" }, title), box) };
      });
      return html("div", { class: "td-run__plots" }, ...this.graphs.map(({ element }) => element));
    }

    // Axes and rings: anew only for another size or another run.
    frameOf(graph, low, high, linear = false) {
      const { svg, scale, path } = liveDraw, width = Math.floor(graph.box.clientWidth), height = Math.floor(graph.box.clientHeight);
      const wanted = [width, height, low, high, this.run.last].join();
      if (graph.made === wanted) return width > 60;
      graph.made = wanted;
      graph.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
      graph.Y = scale({ scale: linear ? "linear" : "log" }, low, high, height - 20, 6);
      graph.X = scale({}, 0, this.run.last, 44, width - 8);
      const text = (words, x, y, anchor) => svg("text", { x, y, "text-anchor": anchor }, words);
      graph.axes.replaceChildren(
        ...graph.Y.ticks.flatMap(([value, shown]) => {
          const y = graph.Y.at(value);
          return [svg("path", { d: path([[44, y], [width - 8, y]]), class: "td-live__grid" }), text(shown, 38, y + 4, "end")];
        }),
        ...graph.X.ticks.map(([value, shown]) => text(shown, graph.X.at(value), height - 4, graph.X.at(value) > width - 20 ? "end" : "middle")),
        svg("path", { d: path([[44, height - 20], [width - 8, height - 20]]) }));
      return width > 60;
    }

    curve(graph, values, colour) {
      const every = Math.max(1, Math.floor(values.length / 300)), points = [];
      values.forEach((value, n) => {
        if (n % every === 0 || n === values.length - 1) points.push([graph.X.at(n), graph.Y.at(Math.min(graph.Y.high, Math.max(graph.Y.low, value)))]);
      });
      return liveDraw.svg("path", { d: liveDraw.path(points), class: `td-live__c-${colour}`, fill: "none", "stroke-width": 2 });
    }

    later() {
      cancelAnimationFrame(this.waiting);
      this.waiting = requestAnimationFrame(() => this.draw());
    }

    // How far the drawing is between the last two states; a lost run is shown before its last step.
    between() {
      return this.run.lost ? 0 : this.playing ? Math.min(1, this.part) : 1;
    }

    named() {
      this.player.textContent = this.playing ? "Pause" : CALM.matches ? "Step" : this.run.over ? "Play again" : "Play";
    }

    draw() {
      const { run } = this, { svg, path } = liveDraw, { size, angles } = run.setup;
      this.named();
      this.fresher.disabled = run.lost;
      if (this.ringed !== size) {
        this.ringed = size;
        const powers = [-6, -4, -2, 0].filter((k) => 10 ** k >= size * 0.9);
        this.rings.replaceChildren(svg("circle", { r: 100, class: "td-run__rim" }), ...powers.flatMap((k) => {
          const r = 100 * this.radius(10 ** k), text = { x: 0, y: r + 3, "text-anchor": "middle" };
          return [svg("circle", { r, class: "td-run__ring" }), svg("text", text, k ? `10${liveDraw.raised(k)}` : "1")];
        }));
      }
      const f = this.between();
      this.lines.replaceChildren(...run.state.U.flatMap((_, i) => {
        const a = run.seen(run.before, i), b = run.lost ? a : run.seen(run.state, i), now = [0, 1].map((k) => a[k] + f * (b[k] - a[k]));
        const tip = this.at(now), colour = `td-live__c-${COLOURS[i]}`, way = run.ways[i].map((point) => this.at(point));
        return [
          svg("path", { d: path([...way, tip]), class: colour, fill: "none", "stroke-width": 1.2, opacity: 0.45 }),
          svg("path", { d: path([[0, 0], tip]), class: colour, "stroke-width": 2.4 }),
          svg("circle", { cx: tip[0], cy: tip[1], r: 4.2, class: `${colour} td-live__full` }),
        ];
      }));
      this.lines.append(...angles.map((angle, k) => {
        const t = tdRun.radians(angle);
        return svg("text", { x: 111 * Math.cos(t), y: 4 - 111 * Math.sin(t), "text-anchor": "middle", class: "td-run__number" }, String(k + 1));
      }));
      const weight = Math.sqrt(run.target.weights[0]);
      this.handles.forEach((mark, k) => {
        mark.hidden = k >= angles.length;
        if (!mark.hidden) this.put(mark, angles[k], this.radius(weight), `direction of target ${k + 1}`, `${angles[k]} degrees`);
      });
      const angle = this.handleAngle();
      this.fresh.hidden = run.lost;
      this.fresh.style.rotate = `${90 - angle}deg`;
      const drawn = this.chosen === undefined ? ", drawn at random" : "";
      this.put(this.fresh, angle, 1.08, "direction of the next fresh column; Enter re-initialises now", `${turned(angle)} degrees${drawn}`);
      const [norms, error] = this.graphs;
      if (this.frameOf(norms, size / 2, 3)) norms.curves.replaceChildren(...run.norms.map((norm, i) => this.curve(norms, norm, COLOURS[i])));
      if (this.frameOf(error, 1e-3, 2)) error.curves.replaceChildren(this.curve(error, run.errors, "ink"));
    }
  }

  return RunFigure;
})();
