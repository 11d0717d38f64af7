"""Find faults of a page for whoever has a keyboard and no mouse, by pressing Tab through it."""

from __future__ import annotations

from playwright.sync_api import Page

# What the focus is on, whether it can be seen, and whether anything shows that the focus is there.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const box = e.getBoundingClientRect(), look = getComputedStyle(e);
  const inside = e.ownerSVGElement ? [...e.children].map(c => getComputedStyle(c)) : [];
  e.dataset.tdStop ??= String(window.tdStops = (window.tdStops ?? 0) + 1);
  return {
    stop: Number(e.dataset.tdStop),
    name: `<${e.tagName.toLowerCase()} class="${e.getAttribute("class") ?? ""}"> ${e.textContent.trim().slice(0, 30)}`,
    shown: box.width > 0 && box.height > 0 && e.checkVisibility({visibilityProperty: true}),
    onPage: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    marked: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 1 || look.boxShadow !== "none"
      || inside.some(s => parseFloat(s.strokeWidth) >= 2),
  };
}"""
# Everything in the article that Tab should reach; of radio buttons with one name it reaches the chosen one only.
REACHABLE = """() => [...document.querySelectorAll(
    'article :is(a[href], button, summary, input, select, textarea, [tabindex="0"])')]
  .filter(e => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}))
  .filter(e => !(e.tagName === "SUMMARY" && e !== e.parentElement.querySelector(":scope > summary")))
  .filter(e => !(e.type === "radio" && !e.checked && document.querySelector(`[name="${e.name}"]:checked`)))
  .filter(e => !e.dataset.tdStop)
  .map(e => `<${e.tagName.toLowerCase()}> ${e.textContent.trim().slice(0, 30)}`)"""


def faults(page: Page, most: int = 2000) -> list[str]:
    """Stops that cannot be seen or are not marked, places that Tab never reaches, and a focus that never comes out."""
    found: list[str] = []
    page.evaluate("() => { document.activeElement?.blur(); scrollTo(0, 0); }")
    last = 0
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None or here["stop"] < last:  # out of the page, or around to its beginning
            break
        if here["stop"] == last:
            return [*found, f"the focus is caught at {here['name']}"]
        last = here["stop"]
        if not here["shown"] or not here["onPage"]:
            found.append(f"the focus is on what cannot be seen: {here['name']}")
        elif not here["marked"]:
            found.append(f"nothing shows the focus at {here['name']}")
    else:
        return [*found, f"more than {most} stops"]
    found += [f"never reached: {name}" for name in page.evaluate(REACHABLE)]
    return list(dict.fromkeys(found))
