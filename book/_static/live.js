// Live figures: states that the library computed, moved by the reader's hand. No server, nothing from outside.
// What is drawn is drawn by live-draw.js.
//
// A figure is <figure class="td-live" id="live-NAME"> with a picture, a caption and its data as JSON (what the data
// hold: tdbook/figures/live). It is drawn when it comes into view or is named in the page's address,
// #live-NAME?control=key&...;live-OTHER?..., and until then, or if anything is wrong, the picture stays.
"use strict";
(() => {
  const { html, svg, richHtml, richSvg, formatted, path, scale, swatches, DRAW } = globalThis.liveDraw;
  const CALM = matchMedia("(prefers-reduced-motion: reduce)");
  const figures = new Map();

  // An object that knows its own names only, so that "constructor" in an address is a name like any other.
  const plain = (entries) => Object.assign(Object.create(null), Object.fromEntries(entries));

  // --- data ---------------------------------------------------------------------------------------------------

  function decoded({ dims, shape, flat, quantum = 1, log, delta, words }) {
    const size = shape.reduce((a, b) => a * b, 1), row = shape.at(-1) ?? 1;
    flat = flat.flatMap((code) => (Array.isArray(code) ? new Array(code[0]).fill(0) : [code])); // [n]: n zeros
    if (flat.length !== size) throw new Error(`a series of shape ${shape} must have ${size} entries, got ${flat.length}`);
    let last = 0;
    const values = flat.map((code, k) => {
      if (k % row === 0) last = 0;
      if (code === null) return NaN;
      last = delta ? last + code : code;
      if (words) return words[last];
      return log ? 10 ** (last * quantum) : last * quantum;
    });
    return { dims, shape, values };
  }

  // --- a figure -----------------------------------------------------------------------------------------------

  class Figure {
    constructor(root) {
      this.root = root;
      this.name = root.dataset.live;
      const data = JSON.parse(root.querySelector(".td-live__data").textContent);
      this.data = data;
      this.store = plain(Object.entries(data.series).map(([name, packed]) => [name, decoded(packed)]));
      this.controls = plain(data.controls.map((control) => [control.name, control]));
      this.sizes = Object.fromEntries(data.controls.map((control) => [control.name, control.keys.length]));
      for (const { dims, shape } of Object.values(this.store)) dims.forEach((dim, i) => (this.sizes[dim] = shape[i]));
      this.place = this.start();
      this.inputs = {};
      const panels = data.panels.map((panel) => this.panel(panel));
      this.sentence = html("p", { class: "td-live__say", role: "status", id: `live-${this.name}-say` });
      this.link = html("a", { class: "td-live__link", href: `#live-${this.name}` }, "Link to this state");
      this.link.addEventListener("click", () => this.copy());
      const reset = html("button", { type: "button", class: "td-live__button" }, "Start again");
      reset.addEventListener("click", () => this.move(this.start()));
      this.stage = html("div", { class: "td-live__stage" },
        html("div", { class: "td-live__controls", role: "group", "aria-label": `Controls: ${data.title}` },
          ...data.controls.map((control) => this.control(control)), reset),
        html("div", { class: "td-live__panels" }, ...panels), this.sentence);
      root.querySelector(".td-live__still").after(this.stage);
      root.querySelector("figcaption").append(html("p", { class: "td-live__links" }, this.link));
      root.classList.add("td-live--awake");
      this.draw();
      new ResizeObserver(() => this.later()).observe(this.stage);
    }

    start() {
      return Object.fromEntries(this.data.controls.map((control) => [control.name, control.start]));
    }

    // Indices from an address; what is not named, or not known, is as at the start.
    from(query) {
      const place = this.start();
      for (const [name, key] of query) {
        const index = this.controls[name]?.keys.indexOf(key) ?? -1;
        if (index >= 0) place[name] = index;
      }
      return place;
    }

    address() {
      const parts = this.data.controls.filter(({ name, start }) => this.place[name] !== start)
        .map(({ name, keys }) => `${name}=${encodeURIComponent(keys[this.place[name]])}`);
      return `live-${this.name}` + (parts.length ? `?${parts.join("&")}` : "");
    }

    move(change, { quiet = false } = {}) {
      if (!quiet) this.stop?.();
      Object.assign(this.place, change);
      this.draw();
      if (!quiet) remember(this);
    }

    // The link is an ordinary one; where the page may write to the clipboard, a press also copies it, and says so.
    async copy() {
      try {
        await navigator.clipboard.writeText(this.link.href);
      } catch {
        return;
      }
      this.link.textContent = "Link to this state, copied";
      setTimeout(() => (this.link.textContent = "Link to this state"), 2500);
    }

    later() {
      cancelAnimationFrame(this.waiting);
      this.waiting = requestAnimationFrame(() => this.draw());
    }

    get(ref, place) {
      if (typeof ref === "number") return ref;
      const { dims, shape, values } = this.store[ref];
      let offset = 0;
      dims.forEach((dim, i) => (offset = offset * shape[i] + place[dim]));
      return values[offset];
    }

    holds(when) {
      return Object.entries(when ?? {}).every(([name, keys]) => keys.includes(this.controls[name].keys[this.place[name]]));
    }

    say() {
      return this.data.say.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name, spec) => {
        const control = this.controls[name];
        if (control) return (control.texts ?? control.keys)[this.place[name]];
        return formatted(this.get(name, this.place), spec);
      });
    }

    // --- its controls

    control(control) {
      const { name, label, kind, keys } = control, id = `live-${this.name}-${name}`, texts = control.texts ?? keys;
      const set = (index) => this.move({ [name]: Number(index) });
      if (kind === "switch") {
        const box = html("input", { type: "checkbox", id });
        box.addEventListener("change", () => set(box.checked ? 1 : 0));
        this.inputs[name] = (index) => (box.checked = index === 1);
        return html("div", { class: "td-live__control" }, html("label", { class: "td-live__option", for: id }, box, html("span", {}, ...richHtml(label))));
      }
      if (kind === "slider") return this.slider(control, id, texts, set);
      if (keys.length > 5) {
        const list = html("select", { id }, ...texts.map((text, i) => html("option", { value: i }, text.replaceAll("*", ""))));
        list.addEventListener("change", () => set(list.value));
        this.inputs[name] = (index) => (list.value = index);
        return html("div", { class: "td-live__control" }, html("label", { for: id }, ...richHtml(label)), list);
      }
      const radios = texts.map((text, i) => {
        const radio = html("input", { type: "radio", name: id, id: `${id}-${i}`, value: i });
        radio.addEventListener("change", () => set(i));
        return [radio, html("label", { class: "td-live__option", for: `${id}-${i}` }, radio, html("span", {}, ...richHtml(text)))];
      });
      this.inputs[name] = (index) => (radios[index][0].checked = true);
      return html("fieldset", { class: "td-live__control" }, html("legend", {}, ...richHtml(label)), ...radios.map(([, option]) => option));
    }

    slider({ name, label, keys, play }, id, texts, set) {
      const range = html("input", { type: "range", id, min: 0, max: keys.length - 1, step: 1 });
      const output = html("output", { for: id });
      range.addEventListener("input", () => set(range.value));
      this.inputs[name] = (index) => {
        range.value = index;
        range.setAttribute("aria-valuetext", texts[index].replaceAll("*", ""));
        output.replaceChildren(...richHtml(texts[index]));
      };
      const parts = [html("label", { for: id }, ...richHtml(label)), range, output];
      if (play) parts.unshift(this.player(name, keys.length - 1, play));
      return html("div", { class: `td-live__control td-live__control--slider${play ? " td-live__control--play" : ""}` }, ...parts);
    }

    // Plays through a slider's values; where motion is not wanted, each press goes a tenth of the way instead.
    player(name, last, seconds) {
      const button = html("button", { type: "button", class: "td-live__button td-live__play" });
      const show = (playing) => (button.textContent = playing ? "Pause" : CALM.matches ? "Step" : "Play");
      let frame = 0;
      const stop = () => {
        if (!frame) return;
        cancelAnimationFrame(frame);
        frame = 0;
        show(false);
        this.sentence.removeAttribute("aria-live");
        this.sentence.textContent = this.say();
        remember(this);
      };
      button.addEventListener("click", () => {
        if (frame) return stop();
        const from = this.place[name] >= last ? 0 : this.place[name];
        if (CALM.matches) return this.move({ [name]: Math.min(last, from + Math.ceil(last / 10)) });
        this.stop?.();
        this.stop = stop;
        this.sentence.setAttribute("aria-live", "off");
        let begun;
        const tick = (now) => {
          begun ??= now;
          const index = Math.min(last, from + Math.floor(((now - begun) / (1000 * seconds)) * last));
          if (index !== this.place[name]) this.move({ [name]: index }, { quiet: true });
          if (index >= last) stop();
          else frame = requestAnimationFrame(tick);
        };
        frame = requestAnimationFrame(tick);
        show(true);
      });
      CALM.addEventListener("change", () => show(frame));
      show(false);
      return button;
    }

    // --- its panels

    panel(panel) {
      const canvas = panel.marks.some(({ kind }) => kind === "field") ? html("canvas", { "aria-hidden": "true" }) : undefined;
      const drawing = svg("svg", { role: "img", "aria-label": `${panel.title.replaceAll("*", "")}.`, "aria-describedby": `live-${this.name}-say` });
      const legend = html("ul", { class: "td-live__legend" }), box = html("div", { class: "td-live__box" }, ...(canvas ? [canvas] : []), drawing);
      const element = html("div", { class: `td-live__panel td-live__panel--${panel.kind}`, style: `flex: ${panel.share} 1 ${panel.share > 1 ? "100%" : "17.5rem"}` },
        html("p", { class: "td-live__head" }, ...richHtml(panel.title)), box, legend);
      (this.panels ??= []).push({ panel, element, drawing, canvas, legend, box });
      if (panel.pick) drawing.addEventListener("click", (event) => this.picked(panel, drawing, event));
      return element;
    }

    // A press on a plane moves the controls that its points depend on to the nearest point.
    picked(panel, drawing, event) {
      const r = drawing.getBoundingClientRect(), reach = panel.reach, [xs, ys] = panel.pick;
      const x = (((event.clientX - r.left) / r.width) * 2 - 1) * reach, y = (1 - ((event.clientY - r.top) / r.height) * 2) * reach;
      const names = [...new Set([...this.store[xs].dims, ...this.store[ys].dims])];
      let best, least = Infinity;
      for (const place of this.places(names)) {
        const gap = Math.hypot(this.get(xs, place) - x, this.get(ys, place) - y);
        if (gap < least) [best, least] = [place, gap];
      }
      this.move(Object.fromEntries(names.map((name) => [name, best[name]])));
    }

    *places(names, place = { ...this.place }) {
      if (!names.length) yield { ...place };
      else for (let k = 0; k < this.sizes[names[0]]; k++) yield* this.places(names.slice(1), { ...place, [names[0]]: k });
    }

    draw() {
      for (const [name, show] of Object.entries(this.inputs)) show(this.place[name]);
      for (const part of this.panels) {
        part.element.hidden = !this.holds(part.panel.when);
        if (!part.element.hidden) this.render(part);
      }
      const sentence = this.say();
      if (this.sentence.textContent !== sentence) this.sentence.textContent = sentence;
      this.link.href = `#${this.address()}`;
    }

    render({ panel, drawing, canvas, legend, box }) {
      const width = Math.floor(box.clientWidth), plane = panel.kind === "plane";
      if (width < 40) return;
      const height = plane ? width : panel.height, marks = panel.marks.filter((mark) => this.holds(mark.when));
      drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
      drawing.setAttribute("width", width);
      drawing.setAttribute("height", height);
      if (canvas) canvas.width = canvas.height = width;
      const view = {
        place: this.place, canvas, size: (dim) => this.sizes[dim], get: (ref, place) => this.get(ref, place),
        key: (name) => this.controls[name].keys[this.place[name]], series: (name) => this.store[name],
      };
      const clip = `live-${this.name}-${this.panels.findIndex((part) => part.panel === panel)}`, inner = svg("g", { "clip-path": `url(#${clip})` });
      const words = svg("g", { class: "td-live__words" }), frame = svg("g", { class: "td-live__axes" });
      view.add = (element) => inner.append(element);
      view.write = (text, x, y, anchor, colour) => words.append(svg("text", { x, y, "text-anchor": anchor, class: `td-live__t-${colour}` }, ...richSvg(text)));
      if (plane) {
        view.box = [0, width, 0, height];
        view.X = scale({}, -panel.reach, panel.reach, 0, width);
        view.Y = scale({}, -panel.reach, panel.reach, height, 0);
      } else this.axes(panel, view, frame, width, height);
      const [left, right, top, bottom] = view.box;
      const shape = svg("rect", { x: left - 5, y: top - 5, width: right - left + 10, height: bottom - top + 10 });
      const disk = svg("clipPath", { id: `${clip}-disk` }, svg("circle", { cx: width / 2, cy: height / 2, r: width / 2 }));
      view.disk = `url(#${clip}-disk)`;
      drawing.replaceChildren(svg("defs", {}, svg("clipPath", { id: clip }, shape), ...(canvas ? [disk] : [])), frame, inner, words);
      for (const mark of marks) DRAW[mark.kind](view, mark);
      legend.replaceChildren(...marks.filter((mark) => mark.label?.length && mark.kind !== "rule").flatMap(swatches));
    }

    axes(panel, view, frame, width, height) {
      const bound = (ref) => this.get(ref, this.place), { x, y } = panel, top = y.label ? 24 : 8, bottom = height - (x.label ? 38 : 22);
      const Y = scale(y, bound(y.low), bound(y.high), bottom, top);
      const left = 8 + 7 * Math.max(5, ...Y.ticks.map(([, text]) => text.length)), right = width - 10;
      const X = scale(x, bound(x.low), bound(x.high), left, right);
      Object.assign(view, { X, Y, box: [left, right, top, bottom] });
      const text = (words, at, more = {}) => frame.append(svg("text", { x: at[0], y: at[1], ...more }, ...richSvg(words)));
      for (const [value, shown] of Y.ticks) {
        const p = Y.at(value);
        frame.append(svg("path", { d: path([[left, p], [right, p]]), class: "td-live__grid" }));
        text(shown, [left - 6, p + 4], { "text-anchor": "end" });
      }
      for (const [value, shown] of X.ticks) {
        const p = X.at(value);
        frame.append(svg("path", { d: path([[p, bottom], [p, bottom + 4]]) }));
        text(shown, [p, bottom + 17], { "text-anchor": p > right - 12 ? "end" : "middle" });
      }
      frame.append(svg("path", { d: path([[left, bottom], [right, bottom]]) }));
      if (x.label) text(x.label, [right, bottom + 33], { "text-anchor": "end", class: "td-live__label" });
      if (y.label) text(y.label, [2, 12], { class: "td-live__label" });
    }
  }

  // --- the page's address -------------------------------------------------------------------------------------

  let remembering = 0;
  // The figure that moved comes first; the others follow if they are not as at the start.
  function remember(moved) {
    clearTimeout(remembering);
    remembering = setTimeout(() => {
      const others = [...figures.values()].filter((figure) => awake(figure) && figure !== moved && figure.address().includes("?"));
      history.replaceState(history.state, "", `#${[moved, ...others].map((figure) => figure.address()).join(";")}`);
    }, 150);
  }

  function named() {
    return location.hash.slice(1).split(";").flatMap((part) => {
      const found = /^live-([a-z][a-z0-9-]*)(?:\?(.*))?$/.exec(part);
      return found && figures.has(found[1]) ? [[found[1], new URLSearchParams(found[2] ?? "")]] : [];
    });
  }

  function follow() {
    const found = named();
    for (const [name, query] of found) guarded(name, () => {
      const figure = wake(name);
      figure?.move(figure.from(query), { quiet: true });
    });
    return found.length ? document.getElementById(`live-${found[0][0]}`) : null;
  }

  // --- waking up ----------------------------------------------------------------------------------------------

  // Whatever is wrong with one figure is said, and stops no other.
  function guarded(name, act) {
    try {
      return act();
    } catch (error) {
      console.error(`live figure ${name}: ${error.message}`);
      return null;
    }
  }

  function made(root) {
    const kind = { run: globalThis.liveRun, escape: globalThis.liveEscape }[root.dataset.script] ?? Figure;
    return new kind(root, remember);
  }

  const awake = (figure) => typeof figure?.address === "function";

  function wake(name) {
    const known = figures.get(name);
    if (awake(known) || known === null) return known;
    let figure = null;
    try {
      figure = made(known);
    } catch (error) {
      known.querySelector(".td-live__stage")?.remove();
      known.classList.remove("td-live--awake");
      console.error(`live figure ${name}: ${error.message}`);
    }
    figures.set(name, figure);
    return figure;
  }

  function begin() {
    for (const root of document.querySelectorAll("figure.td-live")) figures.set(root.dataset.live, root);
    if (!figures.size) return;
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        guarded(target.dataset.live, () => wake(target.dataset.live));
      }
    }, { rootMargin: "400px" });
    for (const root of figures.values()) seen.observe(root);

    // Mathematics above the figure gets its height late, so an addressed figure is scrolled to once more after that.
    let moved = false;
    for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(kind, () => (moved = true), { once: true, passive: true });
    const target = follow();
    target?.scrollIntoView();
    if (target) addEventListener("load", () => Promise.resolve(window.MathJax?.startup?.promise).then(() => moved || target.scrollIntoView()));
    addEventListener("hashchange", () => follow()?.scrollIntoView());
    new MutationObserver(() => {
      for (const figure of figures.values()) if (awake(figure)) figure.later();
    }).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
