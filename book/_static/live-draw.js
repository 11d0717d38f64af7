// How a live figure is drawn: numbers in words, scales with their ticks, marks, fields and legends. Used by live.js.
"use strict";
globalThis.liveDraw = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = ["blue", "orange", "green", "pink", "amber", "sky"];
  const DASHES = ["", "7 3", "2 3", "8 3 2 3", "12 4"];

  // --- small tools --------------------------------------------------------------------------------------------

  function grow(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }
  const html = (tag, attributes = {}, ...children) => grow(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) => grow(document.createElementNS(SVG, tag), attributes, children);

  // A *letter* between stars is set in italics.
  function rich(text, italic) {
    return text.split(/\*([^*]+)\*/).map((part, i) => (i % 2 ? italic(part) : part)).filter((part) => part !== "");
  }
  const richHtml = (text) => rich(text, (part) => html("i", {}, part));
  const richSvg = (text) => rich(text, (part) => svg("tspan", { "font-style": "italic" }, part));

  const raised = (n) => String(n).replace("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);

  // A number in a sentence; tdbook.figures.live.series.spoken says it alike.
  function spoken(value, digits) {
    if (Number.isNaN(value)) return "unknown";
    if (value === 0) return "0";
    const [mantissa, exponent] = Math.abs(value).toExponential(digits - 1).split("e");
    const power = Number(exponent), sign = value < 0 ? "−" : "";
    const bare = (text) => (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text);
    if (power >= -3 && power < 5) return sign + bare(Math.abs(value).toFixed(Math.max(digits - 1 - power, 0)));
    return sign + (bare(mantissa) === "1" ? "" : `${bare(mantissa)}·`) + `10${raised(power)}`;
  }

  function formatted(value, spec) {
    if (typeof value === "string") return value;
    if (spec?.endsWith("f") && !Number.isNaN(value)) return value.toFixed(Number(spec.slice(1, -1))).replace("-", "−");
    return spoken(value, Number.parseInt(spec || "3", 10));
  }

  // --- scales -------------------------------------------------------------------------------------------------

  function scale(axis, low, high, from, to) {
    const log = axis.scale === "log", f = log ? Math.log10 : (v) => v;
    const a = f(low), b = f(high), at = (v) => from + ((f(v) - a) / (b - a)) * (to - from);
    return { at, log, low, high, ticks: (log ? logTicks : linearTicks)(low, high, Math.abs(to - from), to < from ? 45 : 62) };
  }

  function linearTicks(low, high, pixels, apart) {
    const rough = (high - low) / Math.max(2, pixels / apart), power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
    const ticks = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
      const value = Number((k * step).toPrecision(12));
      const shown = Math.abs(value) >= 1e4 ? String(value).replace(/\B(?=(\d{3})+$)/g, "\u2009") : String(value);
      ticks.push([value, shown.replace("-", "−")]);
    }
    return ticks;
  }

  function logTicks(low, high, pixels) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const plain = first >= -3 && last <= 4;
    const every = Math.max(1, Math.ceil((last - first) / Math.max(1, pixels / 42)));
    const ticks = [];
    for (let e = first; e <= last; e++) {
      if ((e - first) % every === 0) ticks.push([10 ** e, plain ? String(Number((10 ** e).toPrecision(6))) : `10${raised(e)}`]);
    }
    if (last - first < 2) {
      for (let e = first - 1; e <= last; e++) {
        for (const factor of [2, 5]) {
          const value = Number((factor * 10 ** e).toPrecision(6));
          if (value >= low && value <= high) ticks.push([value, plain || Math.abs(e) < 4 ? String(value) : `${factor}·10${raised(e)}`]);
        }
      }
    }
    return ticks;
  }

  // --- marks --------------------------------------------------------------------------------------------------
  // Each draws into a group; `view` has the scales X and Y, `get(ref, place)` and `place`, the state's indices.

  function path(points) {
    let text = "", pen = "M";
    for (const [x, y] of points) {
      if (Number.isFinite(x) && Number.isFinite(y)) {
        text += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
        pen = "L";
      } else pen = "M";
    }
    return text;
  }

  function stroke(mark, colour, more = {}) {
    const dash = DASHES[mark.dash ?? 0];
    return { class: `td-live__c-${colour}`, "stroke-width": mark.width ?? 2, "stroke-dasharray": dash || undefined, fill: "none", ...more };
  }

  function symbol(shape, x, y, r, attributes) {
    if (shape === "circle") return svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r, ...attributes });
    const corners = {
      square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
      diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
      up: [[0, -1.2], [1.2, 1], [-1.2, 1]],
      down: [[0, 1.2], [1.2, -1], [-1.2, -1]],
      cross: [[-1, -1], [1, 1], [0, 0], [-1, 1], [1, -1]],
    }[shape];
    const text = path(corners.map(([dx, dy]) => [x + r * dx, y + r * dy])) + (shape === "cross" ? "" : "Z");
    return svg("path", { d: text, ...attributes });
  }

  function fill(mark, colour) {
    const open = mark.hollow || mark.shape === "cross";
    return { class: `td-live__c-${colour} ${open ? "td-live__open" : "td-live__full"}`, "stroke-width": 1.6 };
  }

  // The group of a mark for each entry of `each`, with its colour.
  function repeated(view, mark, one) {
    const count = mark.each ? view.size(mark.each) : 1;
    for (let e = 0; e < count; e++) {
      const colour = mark.colour === "each" ? COLOURS[e % COLOURS.length] : mark.colour ?? "blue";
      one(mark.each ? { ...view.place, [mark.each]: e } : view.place, colour);
    }
  }

  // Points along a dimension, on the screen.
  function along(view, mark, place, pick = ["x", "y"]) {
    const count = mark.along ? view.size(mark.along) : 1;
    return Array.from({ length: count }, (_, k) => {
      const here = mark.along ? { ...place, [mark.along]: k } : place;
      return [view.X.at(view.get(mark[pick[0]], here)), view.Y.at(view.get(mark[pick[1]], here))];
    });
  }

  const DRAW = {
    line(view, mark) {
      repeated(view, mark, (place, colour) => {
        let points = along(view, mark, place);
        const now = mark.cut ? view.place[mark.along] : points.length - 1, head = points[now];
        if (mark.step) points = points.flatMap((p, k) => (k ? [[p[0], points[k - 1][1]], p] : [p]));
        const end = mark.step ? 2 * now : now;
        if (mark.cut === "faint") view.add(svg("path", stroke(mark, colour, { d: path(points.slice(end)), opacity: 0.28 })));
        view.add(svg("path", stroke(mark, colour, { d: path(points.slice(0, end + 1)), "stroke-linejoin": "round" })));
        if (mark.cut && head.every(Number.isFinite)) view.add(symbol("circle", ...head, 3.5, fill({}, colour)));
      });
    },
    points(view, mark) {
      const limit = mark.until ? Number(view.key(mark.until)) : Infinity;
      repeated(view, mark, (place, colour) => {
        const spots = along(view, mark, place);
        const ends = mark.low === undefined ? [] : [along(view, mark, place, ["x", "low"]), along(view, mark, place, ["x", "high"])];
        spots.forEach(([x, y], k) => {
          const here = mark.along ? { ...place, [mark.along]: k } : place;
          if (!Number.isFinite(x) || !Number.isFinite(y) || view.get(mark.x, here) > limit) return;
          if (ends.length) view.add(svg("path", stroke({ width: 1.6 }, colour, { d: path([ends[0][k], ends[1][k]]) })));
          view.add(symbol(mark.shape ?? "circle", x, y, mark.size ?? 4, fill(mark, colour)));
        });
      });
    },
    bars(view, mark) {
      repeated(view, mark, (place, colour) => {
        for (let k = 0; k < view.size(mark.along); k++) {
          const here = { ...place, [mark.along]: k }, x = view.get(mark.x, here), half = (mark.width ?? 0.8) / 2;
          const y = view.Y.at(view.get(mark.y, here)), left = view.X.at(x - half), right = view.X.at(x + half);
          if (!Number.isFinite(y)) continue;
          const floor = view.Y.at(view.Y.low);
          view.add(svg("rect", { x: left, y, width: right - left, height: Math.max(0, floor - y), ...fill({}, colour), opacity: 0.75 }));
        }
      });
    },
    band(view, mark) {
      repeated(view, mark, (place, colour) => {
        const low = along(view, mark, place, ["x", "low"]), high = along(view, mark, place, ["x", "high"]);
        view.add(svg("path", { d: `${path([...low, ...high.reverse()])}Z`, class: `td-live__c-${colour} td-live__full`, stroke: "none", opacity: 0.18 }));
      });
    },
    rule(view, mark) {
      const [left, right, top, bottom] = view.box, level = view.get(mark.x ?? mark.y, view.place);
      const across = mark.x === undefined, p = (across ? view.Y : view.X).at(level);
      const [low, high] = across ? [top, bottom] : [left, right];
      if (!(p >= low - 0.5 && p <= high + 0.5)) return;
      const ends = across ? [[left, p], [right, p]] : [[p, top], [p, bottom]];
      view.add(svg("path", stroke({ width: 1.2, ...mark, colour: undefined }, mark.colour ?? "grey", { d: path(ends) })));
      if (!mark.label) return;
      const end = across ? mark.side !== "left" : p > (left + right) / 2;
      const x = across ? (end ? right - 2 : left + 4) : p + (end ? -5 : 5);
      const y = across ? (p - top < 16 ? p + 14 : p - 5) : top + 12;
      view.write(mark.label, x, y, end ? "end" : "start", mark.colour ?? "grey");
    },
    text(view, mark) {
      repeated(view, mark, (place) => {
        for (const [x, y] of along(view, mark, place)) {
          if (Number.isFinite(x) && Number.isFinite(y)) view.write(mark.text, x, y, mark.anchor ?? "middle", mark.colour ?? "grey");
        }
      });
    },
    arrows(view, mark) {
      repeated(view, mark, (place, colour) => {
        const tips = along(view, mark, place), feet = along(view, { x0: 0, y0: 0, ...mark }, place, ["x0", "y0"]);
        tips.forEach(([x, y], k) => {
          const [x0, y0] = feet[k], length = Math.hypot(x - x0, y - y0);
          if (!(length > 1)) return;
          const [u, v] = [(x - x0) / length, (y - y0) / length], h = Math.min(9, length), w = h * 0.5;
          view.add(svg("path", stroke(mark, colour, { d: path([[x0, y0], [x - u * h * 0.8, y - v * h * 0.8]]) })));
          const head = [[x, y], [x - u * h - v * w, y - v * h + u * w], [x - u * h + v * w, y - v * h - u * w]];
          view.add(svg("path", { d: `${path(head)}Z`, class: `td-live__c-${colour} td-live__full`, stroke: "none" }));
        });
      });
    },
    ring(view, mark) {
      const r = Math.abs(view.X.at(mark.radius ?? 1) - view.X.at(0));
      view.add(svg("circle", { cx: view.X.at(0), cy: view.Y.at(0), r, ...stroke({ width: 1.2, ...mark }, mark.colour ?? "grey") }));
    },
    field(view, mark) {
      const { shape, values } = view.series(mark.grids), [terms, rows, columns] = shape, size = rows * columns;
      const grid = new Float64Array(size);
      for (let t = 0; t < terms; t++) {
        const weight = view.get(mark.weights, { ...view.place, [mark.along]: t });
        for (let k = 0; k < size; k++) grid[k] += weight * values[t * size + k];
      }
      paint(view.canvas, grid, rows, columns, mark);
      if (mark.line === undefined) return;
      const step = (2 * mark.reach) / (rows - 1), where = (column, row) => [view.X.at(-mark.reach + column * step), view.Y.at(-mark.reach + row * step)];
      view.add(svg("path", stroke({ width: 1.3 }, "ink", { d: contour(grid, rows, columns, mark.line, where), "clip-path": view.disk })));
    },
  };

  // Levels in colour, on a canvas below the drawing: fullest at -top and at the ceiling, none at zero or beyond the disk.
  function paint(canvas, grid, rows, columns, { top, ceiling = top, levels = 12 }) {
    const pixels = Math.min(360, canvas.width), style = getComputedStyle(canvas), image = new ImageData(pixels, pixels);
    const [low, high] = ["--live-low", "--live-high"].map((name) => style.getPropertyValue(name).split(",").map(Number));
    for (let j = 0; j < pixels; j++) {
      for (let i = 0; i < pixels; i++) {
        const u = i / (pixels - 1), v = 1 - j / (pixels - 1);
        if (Math.hypot(u - 0.5, v - 0.5) > 0.5) continue;
        const x = u * (columns - 1), y = v * (rows - 1), c = Math.min(Math.floor(x), columns - 2), r = Math.min(Math.floor(y), rows - 2);
        const a = x - c, b = y - r, k = r * columns + c;
        const value = (1 - b) * ((1 - a) * grid[k] + a * grid[k + 1]) + b * ((1 - a) * grid[k + columns] + a * grid[k + columns + 1]);
        const level = Math.min(levels, Math.ceil((value < 0 ? -value / top : value / ceiling) * levels - 0.25));
        const p = 4 * (j * pixels + i), colour = value < 0 ? low : high;
        for (let q = 0; q < 3; q++) image.data[p + q] = colour[q];
        image.data[p + 3] = ((value < 0 ? 235 : 165) * Math.max(0, level)) / levels;
      }
    }
    const sheet = html("canvas", { width: pixels, height: pixels }), context = canvas.getContext("2d");
    sheet.getContext("2d").putImageData(image, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(sheet, 0, 0, canvas.width, canvas.height);
  }

  // Marching squares: the level's line, a segment for each pair of crossed sides of a cell.
  function contour(grid, rows, columns, level, where) {
    let text = "";
    const sides = [[0, 0, 1, 0], [1, 0, 1, 1], [0, 1, 1, 1], [0, 0, 0, 1]];
    for (let r = 0; r < rows - 1; r++) {
      for (let c = 0; c < columns - 1; c++) {
        const found = [];
        for (const [c1, r1, c2, r2] of sides) {
          const a = grid[(r + r1) * columns + c + c1] - level, b = grid[(r + r2) * columns + c + c2] - level;
          if (a < 0 !== b < 0) found.push(where(c + c1 + (a / (a - b)) * (c2 - c1), r + r1 + (a / (a - b)) * (r2 - r1)));
        }
        for (let k = 0; k + 1 < found.length; k += 2) text += path(found.slice(k, k + 2));
      }
    }
    return text;
  }

  // The entries of a legend for a mark: one for each of several labels, else one.
  function swatches(mark) {
    const labels = Array.isArray(mark.label) ? mark.label : [mark.label];
    return labels.map((label, e) => {
      const colour = mark.kind === "field" ? "" : mark.colour === "each" ? (labels.length > 1 ? COLOURS[e % COLOURS.length] : "grey") : mark.colour ?? "blue";
      const sample = svg("svg", { width: 24, height: 12, "aria-hidden": "true" });
      if (mark.kind === "points") sample.append(symbol(mark.shape ?? "circle", 12, 6, 4, fill(mark, colour)));
      else if (mark.kind === "field") sample.append(svg("rect", { x: 4, y: 0, width: 16, height: 12, class: e ? "td-live__high" : "td-live__low" }));
      else if (mark.kind === "band" || mark.kind === "bars") sample.append(svg("rect", { x: 2, y: 1, width: 20, height: 10, ...fill({}, colour), opacity: 0.4 }));
      else sample.append(svg("path", stroke(mark, colour, { d: "M1 6L23 6" })));
      return html("li", {}, sample, html("span", {}, ...richHtml(label)));
    });
  }

  return { html, svg, richHtml, richSvg, raised, formatted, path, scale, swatches, DRAW };
})();
