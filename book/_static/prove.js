// Prove a claim in the page: a button beside it starts Python (python/*.js, made by `make browser`) in a worker, where
// SymPy decides each identity and each wrong variant. All comes from scripts beside this one, so a page opened from the
// disk does it too, and asks nobody for anything.
"use strict";
(() => {
  const pack = globalThis.tdPack;
  if (!pack) return;
  const HOME = document.currentScript.src.replace(/[^/]*$/, "");
  const SIZE = `${(pack.size / 1e6).toFixed(1)} MB`;

  // ---- the worker ------------------------------------------------------------------------------------------------
  function workerMain() {
    const unpack = async text => {
      const raw = atob(text), bytes = new Uint8Array(raw.length);
      for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return new Uint8Array(await new Response(stream).arrayBuffer());
    };
    const text = bytes => new TextDecoder().decode(bytes);
    const typed = (bytes, type) => new Response(bytes, { headers: { "content-type": type } });

    async function start(packed) {
      const names = Object.keys(packed);
      const parts = Object.fromEntries(await Promise.all(names.map(async n => [n, await unpack(packed[n])])));
      // Pyodide refuses workers of the old kind, and Chromium refuses new ones from a page on the disk.
      self.importScripts = undefined;
      const real = self.fetch;
      self.fetch = async (url, ...rest) => {
        const name = String(url.url || url);
        if (name.endsWith(".wasm")) return typed(parts.wasm, "application/wasm");
        if (name.endsWith("stdlib.zip")) return typed(parts.stdlib, "application/zip");
        return real(url, ...rest);
      };
      (0, eval)(text(parts.loader));
      const asm = await import(URL.createObjectURL(new Blob([parts.asm], { type: "text/javascript" })));
      postMessage({ stage: "starting Python" });
      const python = await self.loadPyodide({
        indexURL: "https://pack.invalid/",  // never asked: fetch above answers
        createPyodideModule: asm.default,
        lockFileContents: text(parts.lock),
        env: { PYTHONHASHSEED: "0" },
      });
      postMessage({ stage: "reading SymPy" });
      python.FS.mkdir("/pack");
      for (const name of ["sympy", "book"]) python.FS.writeFile(`/pack/${name}.zip`, parts[name]);
      python.runPython('import sys; sys.path[:0] = ["/pack/book.zip", "/pack/sympy.zip"]');
      return python.runPython("from page import answer; answer");
    }

    let ready;
    self.onmessage = async ({ data: { parts, id, asked } }) => {
      try {
        if (parts) ready = start(parts);
        const answer = await ready;
        postMessage({ id, stage: "deciding" });
        answer(asked, line => postMessage({ id, said: JSON.parse(line) }));
        postMessage({ id, done: true });
      } catch (error) {
        postMessage({ id, failed: String((error && error.message) || error).trim().split("\n").pop() });
      }
    };
  }

  const load = name => new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = `${HOME}python/${name}.js`;
    script.onload = done;
    script.onerror = () => failed(new Error(`${name}.js is not beside this page`));
    document.head.append(script);
  });

  let worker = null, count = 0;
  const waiting = new Map();  // what was asked and not answered yet, by its number

  function end(message) {
    worker?.terminate();
    worker = null;
    for (const { failed } of waiting.values()) failed(new Error(message));
    waiting.clear();
  }

  async function startWorker(stage) {
    let here = 0;
    const missing = pack.parts.filter(name => !globalThis.tdPython?.[name]);
    stage(`loading ${SIZE}`, 0);
    await Promise.all(missing.map(name => load(name).then(() => stage(`loading ${SIZE}`, ++here / missing.length))));
    const parts = Object.fromEntries(pack.parts.map(name => [name, globalThis.tdPython[name]]));
    worker = new Worker(URL.createObjectURL(new Blob([`(${workerMain})()`], { type: "text/javascript" })));
    worker.onerror = event => end(`Python could not start: ${event.message}`);
    worker.onmessage = ({ data }) => {
      const targets = data.id ? [waiting.get(data.id)].filter(Boolean) : [...waiting.values()];
      for (const asker of targets) {
        if (data.stage) asker.stage(data.stage);
        if (data.said) asker.said(data.said);
        if (data.done || data.failed) waiting.delete(data.id);
        if (data.done) asker.done();
        if (data.failed) asker.failed(new Error(data.failed));
      }
    };
    return parts;
  }

  // Ask Python; `said` is called for each line of the answer, `stage` for what happens meanwhile.
  let starting = null;
  async function ask(question, { said, stage = () => {} }) {
    const id = ++count;
    const answered = new Promise((done, failed) => waiting.set(id, { said, stage, done, failed }));
    answered.catch(() => {});
    let parts = null;
    if (!worker) {
      const tell = (...news) => { for (const asker of waiting.values()) asker.stage(...news); };
      starting ??= startWorker(tell).then(found => { parts = found; }).finally(() => { starting = null; });
      try { await starting; } catch (error) { end(error.message); }
    }
    if (waiting.has(id)) worker.postMessage({ parts, id, asked: JSON.stringify(question) });
    return answered;
  }

  globalThis.tdPythonPage = { ask, stop: () => end("stopped") };

  // ---- the page --------------------------------------------------------------------------------------------------
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const formula = tex => make("span", { className: "math notranslate nohighlight", textContent: `\\(${tex}\\)` });
  async function typeset(element) {
    await globalThis.MathJax?.startup?.promise;
    await globalThis.MathJax?.typesetPromise?.([element]);
    document.dispatchEvent(new Event("toggle"));  // book.js looks again for what scrolls
  }
  const sign = (good, word) => make("strong", { className: good ? "td-prove__yes" : "td-prove__no" },
    make("span", { ariaHidden: "true", textContent: good ? "✓ " : "✗ " }), word);

  function showStep(list, step) {
    const good = step.agrees;
    if (step.kind === "identity") {
      const item = make("li", {}, make("p", {}, sign(good, good ? "holds" : "does not hold"), " ", formula(step.formula)));
      item.append(make("p", { className: "td-prove__left" }, "left − right = ", formula(step.left_over)));
      item.append(make("ul"));
      item.dataset.name = step.what;
      list.append(item);
      return item;
    }
    const word = good ? "refused" : "not refused";
    const item = make("li", {}, sign(good, word), ` ${step.what}: left − right = `, formula(step.left_over));
    list.lastElementChild.querySelector("ul").append(item);
    return item;
  }

  // ---- the claim changed by the reader ---------------------------------------------------------------------------
  const VERDICTS = {
    refused: [true, "refused"], holds: [false, "holds: this change says the same"],
    undecided: [false, "neither shown equal nor refused"],
  };

  function changeForm(claim, item) {
    const name = item.dataset.name;
    const fold = make("details", { className: "td-prove__change" }, make("summary", {}, "Change this identity"));
    const said = make("p", { role: "status" });
    fold.addEventListener("toggle", async () => {
      if (!fold.open || fold.querySelector("form")) return;
      const form = make("form");
      fold.append(form, said);
      let terms = [];
      try { await ask({ ask: "terms", claim, name }, { said: found => { terms = found; } }); }
      catch (error) { form.remove(); said.textContent = error.message; return; }
      if (!terms.length) { form.append("Both sides are 0 as SymPy writes them: there is no term to change."); return; }
      const group = `term-${claim}-${name}`;
      const choices = terms.map((tex, k) => make("label", {},
        make("input", { type: "radio", name: group, value: k, checked: k === 0 }), " ", formula(tex)));
      const kind = make("select", { ariaLabel: "What is changed" });
      for (const [value, text] of [["factor", "multiply it by"], ["sign", "change its sign"], ["exponent", "add to its first exponent"]])
        kind.append(make("option", { value, textContent: text }));
      const amount = make("input", { type: "text", value: "2", size: 6, ariaLabel: "The number" });
      kind.onchange = () => { amount.hidden = kind.value === "sign"; amount.value = kind.value === "factor" ? "2" : "1"; };
      form.append(make("fieldset", {}, make("legend", {}, "The term"), ...choices),
        make("p", {}, kind, " ", amount, " ", make("button", { type: "submit", textContent: "Decide" })));
      form.onsubmit = async event => {
        event.preventDefault();
        said.textContent = "deciding …";
        const term = Number(form.querySelector("input:checked").value);
        try {
          await ask({ ask: "change", claim, name, term, kind: kind.value, amount: amount.value }, { said: found => {
            if (found.error) { said.textContent = found.error; return; }
            const [good, word] = VERDICTS[found.verdict];
            said.replaceChildren(sign(good, word), ": ", formula(found.before), " became ", formula(found.after),
              ", and left − right = ", formula(found.left_over));
          } });
        } catch (error) { said.textContent = error.message; }
        await typeset(said);
      };
      await typeset(form);
    });
    item.append(fold);
  }

  // ---- a claim's button and what it shows ------------------------------------------------------------------------
  function prove(claim, go, box) {
    const status = make("p", { role: "status", className: "td-prove__status" });
    const bar = make("progress", { max: 1, ariaLabel: "Python is starting" });
    const stop = make("button", { type: "button", textContent: "Stop" });
    const list = make("ol");
    box.replaceChildren(make("p", { className: "td-prove__head" }, bar, " ", stop), status, list);
    box.hidden = false;
    go.disabled = true;
    box.dataset.state = "busy";
    const began = performance.now(), seconds = () => ((performance.now() - began) / 1000).toFixed(1);
    let right = 0, refused = 0, wrong = 0, first = true;
    const drawn = [];
    stop.onclick = () => end("Stopped. Nothing is running any more.");
    ask({ ask: "steps", claim }, {
      stage: (text, share) => {
        status.textContent = `${text[0].toUpperCase()}${text.slice(1)} …`;
        if (share === undefined) bar.removeAttribute("value"); else bar.value = share;
      },
      said: step => {
        if (first) box.dataset.first = seconds();
        first = false;
        if (!step.agrees) wrong++; else if (step.kind === "identity") right++; else refused++;
        drawn.push(typeset(showStep(list, step)));
      },
    }).then(async () => {
      await Promise.all(drawn);
      const ids = `${right} ${right === 1 ? "identity holds" : "identities hold"}`;
      const not = wrong ? ` ${wrong} did not come out as they must.` : "";
      status.textContent = `${ids}, ${refused} false variants are refused.${not} Decided on this machine in ${seconds()} s.`;
      for (const item of list.children) changeForm(claim, item);
      box.dataset.state = wrong ? "wrong" : "done";
    }, error => {
      status.textContent = error.message;
      box.dataset.state = "stopped";
    }).finally(() => { box.querySelector(".td-prove__head").remove(); go.disabled = false; });
  }

  for (const [claim, identities] of Object.entries(pack.claims)) {
    const home = document.getElementById(`claim-${claim}`);
    if (!home?.matches(".td-strip, .td-claim")) continue;
    const go = make("button", { type: "button", className: "td-prove__go", textContent: "Prove it here" });
    go.title = `Starts Python in this page (${SIZE} of this book, nothing from elsewhere)`;
    go.setAttribute("aria-label", `Prove ${claim} here`);
    const box = make("section", { className: "td-prove", hidden: true, ariaLabel: `${claim}, proved in this page` });
    box.dataset.claim = claim;
    box.dataset.identities = identities;
    go.onclick = () => prove(claim, go, box);
    if (home.matches(".td-claim")) { home.append(go, box); continue; }
    const line = make("div", { className: "td-prove-line" });
    home.replaceWith(line);
    line.append(home, go, box);
  }
})();
