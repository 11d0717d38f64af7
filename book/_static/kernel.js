// Algorithm 1, line by line, in lossless coordinates: what tdbook.descent.steps and coordinates do, for pages.
//
// target:   { order, weights, columns }, the columns in p = q + m coordinates that are zero after the first q
// settings: { own (q), stepSize, initScale, regularization, switchNorm, kappa, switch }
// state:    { U, a, c, cHat, fresh, switches, reinitialized }; U is a list of m columns of p coordinates
//
// Functions lead from state to state and change none. kappa = 1 leaves out the boost, switch = false the mode switch.
"use strict";
globalThis.tdKernel = (() => {
  const TIE = 1e-9; // norms that differ by less than this share are equal for the choice of the smallest column
  const dot = (x, y) => x.reduce((sum, value, k) => sum + value * y[k], 0);
  const norm = (x) => Math.hypot(...x);
  const times = (factor, x) => x.map((value) => factor * value);
  const plus = (x, factor, y) => x.map((value, k) => value + factor * y[k]);
  const put = (list, j, value) => list.map((old, i) => (i === j ? value : old));

  // The components c_i^{l-2} a_i u_i^l of the model, as weights of unit vectors.
  function model({ U, a, c }, order) {
    const norms = U.map(norm);
    return {
      norms,
      columns: U.map((u, i) => times(1 / norms[i], u)),
      weights: norms.map((n, i) => a[i] * (c[i] * n) ** (order - 2) * n * n),
    };
  }

  const inner = (S, T, order) => S.columns.reduce((sum, x, i) =>
    sum + T.columns.reduce((part, y, k) => part + S.weights[i] * T.weights[k] * dot(x, y) ** order, 0), 0);

  // ||T - T*||^2 / 2 and f. Inner products lose digits once the residual is below 1e-7 of the target.
  function losses(state, target, settings) {
    const { order } = target, T = model(state, order);
    const fit = (inner(T, T, order) - 2 * inner(T, target, order) + inner(target, target, order)) / 2;
    const shrink = T.norms.reduce((sum, n, i) => sum + (state.cHat[i] * n) ** (order - 2) * n * n, 0);
    return { fit, f: fit + settings.regularization * shrink };
  }

  // Column i is l a_i c_i^{l-2} R(u_i^{l-1}, .) + lambda l cHat_i^{l-2} ||u_i||^{l-2} u_i.
  function gradient(state, target, settings) {
    const { order } = target, T = model(state, order);
    return T.columns.map((w, i) => {
      const n = T.norms[i], pull = order * state.a[i] * (state.c[i] * n) ** (order - 2) * n;
      const shrink = settings.regularization * order * (state.cHat[i] * n) ** (order - 2);
      let g = times(shrink, state.U[i]);
      T.columns.forEach((y, k) => { g = plus(g, pull * T.weights[k] * dot(y, w) ** (order - 1), y); });
      target.columns.forEach((y, k) => { g = plus(g, -pull * target.weights[k] * dot(y, w) ** (order - 1), y); });
      return g;
    });
  }

  // A gradient step with frozen coefficients, their update, and the scalar mode switch.
  function step(state, target, settings) {
    const g = gradient(state, target, settings), before = state.U.map(norm);
    const U = state.U.map((u, i) => plus(u, -settings.stepSize, g[i])), after = U.map(norm);
    const crossed = state.fresh.map((fresh, i) =>
      fresh && before[i] <= settings.switchNorm && after[i] > settings.switchNorm);
    const switching = crossed.map((yes) => yes && settings.switch);
    return {
      ...state, U,
      c: state.c.map((c, i) => (before[i] / after[i]) * c / (switching[i] ? settings.kappa : 1)),
      cHat: state.cHat.map((c, i) => (before[i] / after[i]) * c),
      fresh: state.fresh.map((fresh, i) => fresh && !crossed[i]),
      switches: state.switches + switching.filter(Boolean).length,
    };
  }

  function smallestColumn(norms) {
    const least = Math.min(...norms) * (1 + TIE);
    return norms.findIndex((n) => n <= least);
  }

  // A unit vector orthogonal to m columns of m + 1 coordinates, by Gram-Schmidt; twice each, which is enough.
  function orthogonal(columns) {
    const basis = [];
    const rest = (x) => [...basis, ...basis].reduce((left, b) => plus(left, -dot(b, left), b), x);
    for (const column of columns) {
      const size = norm(column), left = size > 0 ? rest(times(1 / size, column)) : column;
      if (norm(left) > 1e-14) basis.push(times(1 / norm(left), left));
    }
    const axes = columns[0].map((_, k) => rest(columns[0].map((_, i) => Number(i === k))));
    const longest = axes.reduce((best, x) => (norm(x) > norm(best) ? x : best));
    return times(1 / norm(longest), longest);
  }

  // The smallest column gives way to initScale times a unit vector of p + 1 coordinates, with a new sign and boost.
  // A reflection of the coordinates outside the target's then makes the last ones zero, so p are enough again.
  function reinitialize(state, settings, direction, sign) {
    const { own, initScale, kappa } = settings, j = smallestColumn(state.U.map(norm));
    const U = state.U.map((u, i) => (i === j ? times(initScale, direction) : [...u, 0]));
    const outside = U.map((u) => u.slice(own)), z = orthogonal(outside), last = z.length - 1;
    const raw = put(z, last, z[last] + (z[last] < 0 ? -1 : 1)), v = times(1 / norm(raw), raw);
    const turned = U.map((u, i) =>
      [...u.slice(0, own), ...plus(outside[i], -2 * dot(v, outside[i]), v).slice(0, last)]);
    const size = norm(turned[j]);
    return {
      ...state, U: turned,
      a: put(state.a, j, sign), c: put(state.c, j, kappa / size), cHat: put(state.cHat, j, 1 / size),
      fresh: put(state.fresh, j, true), reinitialized: j,
    };
  }

  return { losses, gradient, step, reinitialize };
})();
