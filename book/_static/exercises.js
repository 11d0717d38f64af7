// Exercises answered where they stand: a field under each that a page can judge, the judge of `check` behind it (in the
// Python that prove.js starts), and a receipt for `tdbook grade`. What was answered stays in this browser.
"use strict";
(() => {
  const asked = globalThis.tdPack?.exercises, python = globalThis.tdPythonPage;
  if (!asked || !python) return;
  const PLACE = "tdbook answers";
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  // A browser may keep nothing, for a page from the disk or by its owner's wish: then answers last as long as the page.
  let kept = {};
  try { kept = JSON.parse(localStorage.getItem(PLACE)) ?? {}; } catch { /* as if nothing had been answered */ }
  function keep(name, answer) {
    kept[name] = answer;
    try { localStorage.setItem(PLACE, JSON.stringify(kept)); } catch { /* see above */ }
  }

  const MANY = { number: "a number", formula: "a formula" };
  // A field as [what stands in the form, what is in it, put something into it].
  function fieldOf(field, ident) {
    const name = field.name || "Your answer";
    if (field.kind === "proof") {
      const boxes = field.choices.map((text, k) => {
        const letter = String.fromCharCode(65 + k), box = make("input", { type: "checkbox", value: letter });
        return [box, make("label", {}, box, ` ${letter}. ${text}`)];
      });
      const set = make("fieldset", {}, make("legend", {}, `${name}: the steps that a full proof needs`), ...boxes.map(b => b[1]));
      return [set, () => boxes.filter(([box]) => box.checked).map(([box]) => box.value).join(""),
        text => { for (const [box] of boxes) box.checked = text.includes(box.value); }];
    }
    let input;
    if (field.kind === "words") {
      input = make("select", { id: ident }, make("option", { value: "", textContent: "choose …" }));
      for (const word of field.choices) input.append(make("option", { value: word, textContent: word }));
    } else {
      input = make("input", { id: ident, type: "text", maxLength: 400, autocomplete: "off", spellcheck: false });
      input.placeholder = MANY[field.kind];
    }
    const hint = make("small", { id: `${ident}-wanted`, textContent: field.kind === "words" ? "" : field.wanted });
    input.setAttribute("aria-describedby", hint.id);
    const row = make("p", {}, make("label", { htmlFor: ident, textContent: `${name}: ` }), input, " ", hint);
    return [row, () => input.value, text => { input.value = text; }];
  }

  function show(said, { degree, message }) {
    said.dataset.degree = degree;
    said.replaceChildren(make("strong", { textContent: degree }), message ? `: ${message}` : "");
  }

  const here = [];
  for (const [label, { name, fields }] of Object.entries(asked)) {
    const home = document.getElementById(label);
    if (!home?.matches(".exercise")) continue;
    here.push(name);
    const parts = fields.map((field, k) => fieldOf(field, `answer-${name}-${k}`));
    const said = make("p", { role: "status", className: "td-try__said" });
    const go = make("button", { type: "submit", textContent: "Check" });
    go.setAttribute("aria-label", `Check ${name}`);
    const form = make("form", { className: "td-try", ariaLabel: `Your answer to ${name}` }, ...parts.map(p => p[0]), make("p", {}, go), said);
    const before = kept[name];
    if (before) {
      parts.forEach((part, k) => part[2](before.answer[k] ?? ""));
      show(said, before);
    }
    form.onsubmit = async event => {
      event.preventDefault();
      const answer = parts.map(part => part[1]());
      go.disabled = true;
      delete said.dataset.degree;
      try {
        await python.ask({ ask: "check", name, answer }, {
          stage: text => { said.textContent = `${text[0].toUpperCase()}${text.slice(1)} …`; },
          said: reply => {
            show(said, reply);
            const hints = new Set(kept[name]?.hints);
            if (reply.degree === "keep working") hints.add(reply.message);
            if (reply.degree !== "missing") keep(name, { answer, ...reply, hints: [...hints] });
          },
        });
      } catch (error) { said.textContent = error.message; }
      go.disabled = false;
    };
    home.append(form);
  }
  if (!here.length) return;

  // ---- the receipt -----------------------------------------------------------------------------------------------
  const who = make("input", { id: "receipt-name", type: "text", maxLength: 80, autocomplete: "name" });
  const said = make("span", { role: "status" });
  const save = make("form", { className: "td-try td-receipt", ariaLabel: "A receipt of your answers" },
    make("p", {}, make("label", { htmlFor: who.id, textContent: "To hand in what you answered on this page, your name: " }), who, " ",
      make("button", { type: "submit", textContent: "Save a receipt" }), " ", said));
  save.onsubmit = async event => {
    event.preventDefault();
    const done = here.filter(name => kept[name]);
    if (!who.value.trim() || !done.length) {
      said.textContent = done.length ? "A name is wanted." : "Nothing was answered on this page yet.";
      return;
    }
    const question = { ask: "receipt", student: who.value.trim(),
      answers: Object.fromEntries(done.map(name => [name, kept[name].answer])),
      hints: Object.fromEntries(done.map(name => [name, kept[name].hints ?? []])) };
    try {
      await python.ask(question, {
        stage: text => { said.textContent = `${text} …`; },
        said: text => {
          const stem = location.pathname.replace(/.*\//, "").replace(/\.html$/, "");
          const link = make("a", { download: `${question.student.replace(/[^\p{L}\p{N}]+/gu, "-")}-${stem}.receipt.json` });
          link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
          link.click();
          said.textContent = `${done.length} of ${here.length} exercises are on it.`;
        },
      });
    } catch (error) { said.textContent = error.message; }
  };
  const forms = document.querySelectorAll("form.td-try");
  forms[forms.length - 1].closest(".exercise").parentElement.append(save);
})();
