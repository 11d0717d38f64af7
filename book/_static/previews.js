// What a link inside the book leads to, shown beside it: under the mouse and under the keyboard's focus, away with
// Escape. A link stays a link. Targets of this page are copied from it, those of others come from _static/previews.
"use strict";
(() => {
  const LINKS = "article a.reference.internal[href*='#']";
  const LEFT_OUT = "a.headerlink, details, script, button, p.td-box-status, p.td-drawn, .cell_input";
  const WAIT = 200, STAY = 250, GAP = 6;  // milliseconds before it comes and goes, pixels beside the link
  const root = new URL(document.documentElement.dataset.content_root || "./", location);
  const pageOf = url => decodeURI(url.pathname).slice(decodeURI(root.pathname).length);
  const here = pageOf(location);
  let box, timer, current;

  function parts(found) {
    if (found.matches("dt")) return [found, found.nextElementSibling];
    if (found.matches("section")) return [found.querySelector("h1, h2, h3, h4"), found.querySelector("p")];
    if (found.matches(".td-live")) return [...found.querySelectorAll(".td-live__title, figcaption")];
    if (found.matches("details")) return [...found.children];
    return [found];
  }

  function fromHere(ident) {
    let found = document.getElementById(ident);
    if (found?.matches("span") && !found.textContent.trim()) found = found.nextElementSibling || found.parentElement;
    if (!found) return null;
    const holder = document.createElement("div");
    for (const part of parts(found).filter(Boolean)) {
      const copy = part.cloneNode(true);
      if (!part.matches("summary")) { holder.append(copy); continue; }
      const line = document.createElement("p");
      line.append(...copy.childNodes);
      holder.append(line);
    }
    holder.querySelectorAll(LEFT_OUT).forEach(node => node.remove());
    holder.querySelectorAll("[id]").forEach(node => node.removeAttribute("id"));
    return holder;
  }

  const loading = new Map();
  async function fromThere(page, ident, url) {
    if (!loading.has(page)) loading.set(page, new Promise(done => {
      const script = document.createElement("script");
      script.src = new URL(`_static/previews/${page.replaceAll("/", "--").replace(/\.html$/, "")}.js`, root);
      script.onload = script.onerror = done;
      document.head.append(script);
    }));
    await loading.get(page);
    const html = globalThis.tdPreviews?.[page]?.[ident];
    if (!html) return null;
    const holder = document.createElement("div");
    holder.innerHTML = html;
    for (const node of holder.querySelectorAll("[src]")) node.src = new URL(node.getAttribute("src"), url);
    for (const node of holder.querySelectorAll("[href]")) node.href = new URL(node.getAttribute("href"), url);
    return holder;
  }

  function hide() {
    clearTimeout(timer);
    current?.removeAttribute("aria-describedby");
    current = null;
    if (box) box.hidden = true;
  }

  function makeBox() {
    box = document.createElement("div");
    box.className = "td-preview";
    box.id = "td-preview";
    box.setAttribute("role", "tooltip");
    box.addEventListener("pointerenter", () => clearTimeout(timer));
    box.addEventListener("pointerleave", leave);
    document.querySelector("main article").append(box);
  }

  function place(link) {
    const at = link.getClientRects()[0], size = box.getBoundingClientRect();
    const above = at.bottom + GAP + size.height > innerHeight && at.top > size.height + GAP;
    const edge = document.documentElement.clientWidth - size.width - 8;
    const origin = box.offsetParent.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(at.left, edge)) - origin.left}px`;
    box.style.top = `${(above ? at.top - size.height - GAP : at.bottom + GAP) - origin.top}px`;
  }

  async function show(link) {
    const url = new URL(link.href), page = pageOf(url), ident = decodeURIComponent(url.hash.slice(1));
    const content = page === here ? fromHere(ident) : await fromThere(page, ident, url);
    if (!content || current !== link) return;
    if (!box) makeBox();
    box.replaceChildren(...content.childNodes);
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    if (page !== here) await globalThis.MathJax?.typesetPromise?.([box]);
    if (current === link) place(link);
  }

  function enter(link, wait) {
    if (current === link) { clearTimeout(timer); return; }
    hide();
    current = link;
    timer = setTimeout(show, wait, link);
  }
  function leave() { clearTimeout(timer); timer = setTimeout(hide, STAY); }

  for (const link of document.querySelectorAll(LINKS)) {
    link.addEventListener("pointerenter", event => event.pointerType === "mouse" && enter(link, WAIT));
    link.addEventListener("pointerleave", leave);
    link.addEventListener("focus", () => link.matches(":focus-visible") && enter(link, 0));
    link.addEventListener("blur", hide);
  }
  addEventListener("keydown", event => { if (event.key === "Escape") hide(); });
})();
