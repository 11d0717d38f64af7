// What the pages need beyond their style sheet: formulas that fit their boxes, and boxes that scroll can be reached by
// keyboard and have a name.
"use strict";
(() => {
  const BOXES = "pre, .td-scroll, .pst-scrollable-table-container, mjx-container, span.math";

  function nameOf(box) {
    if (box.matches("pre")) return box.closest(".cell_output") ? "Output" : "Code";
    return box.matches("mjx-container, .math") ? "Formula" : "Table";
  }

  // In a wide window a formula that is too long for its box is set smaller; in a narrow one it scrolls.
  function fitFormulas() {
    const formulas = [...document.querySelectorAll("div.math > mjx-container, .td-claim__evidence td mjx-container")];
    for (const formula of formulas) {
      formula.dataset.tdSize ??= formula.style.fontSize || "100%"; // as MathJax wants it
      formula.style.fontSize = formula.dataset.tdSize;
    }
    if (innerWidth < 1200) return;
    const shares = formulas.map(formula => {
      const cell = formula.closest(".td-claim__evidence td");
      const room = (cell ?? formula).clientWidth;
      const needed = cell ? formula.getBoundingClientRect().width : formula.scrollWidth;
      return room && needed > room + 1 ? Math.max(0.6, (0.98 * room) / needed) : 1;
    });
    formulas.forEach((formula, k) => {
      if (shares[k] < 1) formula.style.fontSize = `${parseFloat(formula.dataset.tdSize) * shares[k]}%`;
    });
  }

  // A keyboard can scroll only what it can focus; a box that does not scroll should not take a stop.
  function markScrollable() {
    for (const box of document.querySelectorAll(BOXES)) {
      // what stands in a line of text has no width of its own, and never scrolls
      const scrolls = box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1;
      const marked = "tdScrolls" in box.dataset;
      if (scrolls && !marked) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", `${nameOf(box)}, scrolls sideways`);
        box.dataset.tdScrolls = "";
      } else if (!scrolls && marked) {
        for (const name of ["tabindex", "role", "aria-label", "data-td-scrolls"]) box.removeAttribute(name);
      }
    }
  }

  let waiting = 0;
  function later() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      fitFormulas();
      markScrollable();
    });
  }

  addEventListener("load", () => {
    later();
    // Mathematics, and a table with it, gets its width only when MathJax is done.
    window.MathJax?.startup?.promise?.then(later);
    addEventListener("resize", later);
    document.addEventListener("toggle", later, true);
  });
})();
