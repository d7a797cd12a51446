// What a page shows, as plain facts. Reads only: it changes nothing, and keeps nothing in the page.
(() => {
  const TEXT_LIMIT = 400;
  const CONTROLS = "select, textarea, input, [contenteditable=''], [contenteditable=true], [role=textbox], [role=combobox], [role=radio], [role=checkbox]";
  const PRESSABLE = "button, a, summary, [role=button], [role=link], input[type=button], input[type=submit], input[type=image], input[type=reset]";
  const TICK_TITLE = "[class*='checkTitle']";
  const OPTION = "[role=option], [role=menuitem], [role=menuitemradio], [role=menuitemcheckbox], [class*='menu-item'], [class*='select-item'], [class*='option']";
  const DIALOG = "dialog, [role=dialog], [role=alertdialog], [class*='modal']:not(body):not(html), [class*='dialog']:not(body):not(html)";

  const clean = (text) => (text ?? "").replace(/\s+/g, " ").trim().slice(0, TEXT_LIMIT);
  const shown = (el) => {
    if (!el.isConnected || !el.getClientRects().length) return false;
    const style = getComputedStyle(el);
    return style.visibility === "visible" && style.display !== "none";
  };
  const textOf = (el) => clean(el.innerText ?? el.textContent);
  const role = (el) => el.getAttribute("role") ?? "";
  const type = (el) => ("type" in el && typeof el.type === "string" ? el.type : "");
  const byIds = (ids) => clean((ids ?? "").split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)).filter(Boolean).map(textOf).join(" "));

  function ownName(el) {
    const legend = el.localName === "fieldset" ? el.querySelector("legend") : null;
    return byIds(el.getAttribute("aria-labelledby")) || clean(el.getAttribute("aria-label")) || (legend ? textOf(legend) : "")
      || clean([...(el.labels ?? [])].map(textOf).join(" ")) || clean(el.getAttribute("alt") ?? el.getAttribute("title") ?? "");
  }

  // The words that stand before a control, where it has no name of its own.
  function wordsBefore(el) {
    for (let at = el, up = 0; at && at !== document.body && up < 6; at = at.parentElement, up++) {
      if (at !== el) {
        const named = ownName(at);
        if (named) return named;
      }
      for (let before = at.previousSibling; before; before = before.previousSibling) {
        const words = before.nodeType === 3 ? clean(before.textContent) : before.nodeType === 1 && shown(before) ? textOf(before) : "";
        if (before.nodeType === 1 && before.querySelector(CONTROLS)) break;
        if (words) return words;
      }
    }
    return "";
  }

  // ---- controls of a form

  function optionName(input) {
    const label = ownName(input);
    if (label) return label;
    const inside = textOf(input);
    if (inside) return inside;
    const next = input.nextSibling;
    return next?.nodeType === 3 && clean(next.textContent) ? clean(next.textContent) : textOf(input.nextElementSibling ?? document.createElement("i"));
  }

  // Radios and tick boxes that stand together; the box round them gives the group its name.
  function groups(selector, boxSelector, keyed) {
    const found = new Map();
    for (const el of document.querySelectorAll(selector)) {
      const holder = el.labels?.[0] ?? el.parentElement;
      if (!shown(el) && !(holder && shown(holder))) continue;
      const box = el.closest(boxSelector);
      const key = (keyed && el.name && !box ? `name:${el.name}` : null) ?? box ?? el.parentElement?.parentElement ?? el;
      if (!found.has(key)) found.set(key, { box, members: [] });
      found.get(key).members.push(el);
    }
    return [...found.values()].map(({ box, members }) => ({
      kind: "marks", elements: members, options: members.map(optionName), disabled: members.every((m) => m.disabled || m.ariaDisabled === "true"),
      label: (box && ownName(box)) || wordsBefore(box ?? members[0].parentElement?.parentElement ?? members[0]),
      value: clean(members.filter((m) => m.checked || m.ariaChecked === "true").map(optionName).join(", ")),
    }));
  }

  // A tick made of divs: the words beside it are what is pressed, and only classes tell whether it is set.
  function ticksOfDivs() {
    return [...document.querySelectorAll(TICK_TITLE)].filter((el) => shown(el) && !el.parentElement.querySelector("input, [role=checkbox]"))
      .map((el) => ({ kind: "tick", elements: [el], options: [textOf(el)], label: "", value: ticked(el) ? textOf(el) : "", disabled: false }));
  }
  const ticked = (el) => el.matches(TICK_TITLE) && [el, el.parentElement].some((at) => /(^|[-_\s])(is-)?(checked|selected)/i.test(at.getAttribute("class") ?? ""));

  function boxesThatOpen() {
    const marks = "[role=combobox], [aria-haspopup=listbox], [class*='select-show-arrow'], [class*='select'][tabindex]";
    const all = [...document.querySelectorAll(marks)].filter((el) => shown(el) && !el.matches("select, option"))
      .map((el) => (el.matches("input") ? el.closest("[class*='select']") ?? el : el));
    const unique = [...new Set(all)];
    return unique.filter((el) => !unique.some((other) => other !== el && other.contains(el)) && !el.querySelector("select, textarea"))
      .map((el) => ({ kind: "box", elements: [el], options: [], label: ownName(el) || wordsBefore(el), value: textOf(el), disabled: el.ariaDisabled === "true" }));
  }

  function counterLimit(el) {
    for (let at = el.parentElement, up = 0; at && up < 3; at = at.parentElement, up++) {
      const found = /(?:^|\s)\d+\s*\/\s*(\d{2,5})(?:\s|$)/.exec(at.innerText ?? "");
      if (found && at.querySelectorAll("textarea, [contenteditable]").length < 2) return Number(found[1]);
    }
    return 0;
  }

  function controls() {
    const found = [];
    for (const el of document.querySelectorAll("select")) {
      if (!shown(el)) continue;
      found.push({ kind: "list", elements: [el], options: [...el.options].map((o) => clean(o.text)), label: ownName(el) || wordsBefore(el),
        value: clean(el.selectedOptions[0]?.text), disabled: el.disabled });
    }
    found.push(...groups("input[type=radio], [role=radio]:not(input)", "[role=radiogroup], fieldset", true));
    const ticks = groups("input[type=checkbox], [role=checkbox]:not(input)", "[role=group], fieldset", false);
    found.push(...ticks.map((each) => (each.options.length > 1 ? each : { ...each, kind: "tick" })), ...ticksOfDivs());
    found.push(...boxesThatOpen());
    for (const el of document.querySelectorAll("textarea, [contenteditable=''], [contenteditable=true], [role=textbox]")) {
      if (!shown(el) || el.parentElement?.closest("[contenteditable=''], [contenteditable=true]")) continue;
      const most = el.maxLength > 0 ? el.maxLength : Number(el.getAttribute("maxlength")) || counterLimit(el);
      found.push({ kind: "text", elements: [el], options: [], label: ownName(el) || wordsBefore(el), hint: clean(el.getAttribute("placeholder")),
        value: el.value ?? el.innerText ?? "", limit: most, disabled: Boolean(el.disabled || el.readOnly) });
    }
    for (const el of document.querySelectorAll("input:not([type]), input[type=text], input[type=number], input[type=tel]")) {
      if (!shown(el) || el.closest("[class*='select']")) continue;
      found.push({ kind: "line", elements: [el], options: [], label: ownName(el) || wordsBefore(el), hint: clean(el.getAttribute("placeholder")),
        around: textOf(el.parentElement), value: el.value, limit: el.maxLength > 0 ? el.maxLength : 0, most: el.getAttribute("max") ?? "",
        number: el.type === "number" || /decimal|numeric/.test(el.inputMode), disabled: el.disabled || el.readOnly });
    }
    for (const el of document.querySelectorAll("input[type=file]")) {
      found.push({ kind: "file", elements: [el], options: [], label: ownName(el) || wordsBefore(el), accept: el.accept, many: el.multiple, value: "", disabled: el.disabled });
    }
    return found;
  }

  // ---- what can be pressed

  // Addresses and marks of the item a button belongs to: up to where a second button of the same words comes in.
  function itemMarks(el, alike) {
    if (alike.length < 2) return "";
    let at = el;
    while (at.parentElement && !alike.some((other) => other !== el && at.parentElement.contains(other))) at = at.parentElement;
    const marks = [at, ...at.querySelectorAll("*")].slice(0, 400).flatMap((node) =>
      [...node.attributes].filter((a) => a.name === "href" || a.name === "id" || a.name.startsWith("data-")).map((a) => a.value));
    return marks.join(" ").slice(0, 4000);
  }

  function around(el) {
    const texts = [];
    for (let at = el.parentElement; at && at !== document.body && texts.length < 6; at = at.parentElement) {
      if (at.textContent.length > 2000) break;
      const text = (at.innerText ?? "").trim();
      if (text.length > 600) break;
      texts.push(text);
    }
    return texts;
  }

  function pressables() {
    const found = [...document.querySelectorAll(PRESSABLE)].filter(shown).slice(0, 400)
      .map((el) => ({ element: el, text: textOf(el) || ownName(el) || clean(el.value) }));
    const alike = Map.groupBy(found, ({ text }) => text);
    return found.map(({ element, text }) => ({
      element, text, tag: element.localName, href: element.getAttribute("href") ?? "", around: around(element),
      marks: itemMarks(element, alike.get(text).map((each) => each.element)),
    }));
  }

  // Blocks of text that hold no further block: what a reader takes as one sentence or paragraph.
  function paragraphs() {
    const found = [];
    const visit = (el) => {
      if (found.length > 400 || !shown(el) || el.matches("script, style, select, option, textarea")) return;
      const blocks = [...el.children].filter((child) => shown(child) && !getComputedStyle(child).display.startsWith("inline"));
      if (blocks.length) blocks.forEach(visit);
      else if (textOf(el)) found.push(textOf(el));
    };
    visit(document.body);
    return found;
  }

  function survey(selectors) {
    const pressed = pressables();
    const fields = controls();
    return {
      facts: {
        url: location.href, language: document.documentElement.lang, title: document.title, paragraphs: paragraphs(),
        marks: selectors.filter((selector) => [...document.querySelectorAll(selector)].some(shown)),
        pressables: pressed.map(({ element, ...facts }) => facts),
        controls: fields.map(({ elements, ...facts }) => facts),
      },
      pressables: pressed.map(({ element }) => element),
      controls: fields.map(({ elements }) => elements),
    };
  }

  const optionsShown = () => [...document.querySelectorAll(OPTION)].filter((el) => shown(el) && !el.querySelector(OPTION) && textOf(el));

  // The entries a press on `box` brought up: new ones, or those of the list it names.
  function optionsOf(box, before) {
    const owned = (box.getAttribute("aria-controls") ?? box.getAttribute("aria-owns") ?? box.querySelector("[aria-controls]")?.getAttribute("aria-controls") ?? "")
      .split(/\s+/).filter(Boolean).map((id) => document.getElementById(id)).filter(Boolean);
    const found = optionsShown().filter((el) => !before.has(el) || owned.some((list) => list.contains(el)));
    return { texts: found.map(textOf), elements: found };
  }

  // ---- one element, looked at closely before it is touched

  function probe(el) {
    el.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    const place = el.getBoundingClientRect();
    const under = document.elementFromPoint(place.left + place.width / 2, place.top + place.height / 2);
    const labels = [el.closest("label"), ...el.querySelectorAll("label"), ...(el.labels ?? [])].filter(Boolean);
    const other = el.closest(PRESSABLE);
    const between = under && el.contains(under) ? under.closest(PRESSABLE) : null;
    return {
      tag: el.localName, type: type(el), role: role(el), text: textOf(el) || ownName(el) || clean(el.value), data_pl: el.getAttribute("data-pl") ?? "",
      href: el.getAttribute("href") ?? "", classes: el.getAttribute("class") ?? "", popup: el.getAttribute("aria-haspopup") ?? "",
      checked: Boolean(el.checked || el.ariaChecked === "true" || el.ariaSelected === "true" || ticked(el)),
      disabled: Boolean(el.disabled || el.ariaDisabled === "true" || el.closest("fieldset[disabled]")),
      shown: shown(el), on_point: Boolean(under && (under === el || el.contains(under) || labels.some((l) => l.contains(under)))),
      of_form: Boolean(el.form ?? el.closest("form")), editable: Boolean(el.isContentEditable),
      inside: other && other !== el ? other.localName : "",
      holds: [...el.querySelectorAll(`${PRESSABLE}, input, select, textarea`)].filter((n) => n !== el).map((n) => `${n.localName}:${type(n)}`),
      unknown_parts: [el, ...el.querySelectorAll("*")].some((n) => n.shadowRoot || n.localName.includes("-")),
      meets: between && between !== el ? between.localName : "",
      labelled: labels.filter((l) => l.control && l.control !== el).map((l) => `${l.control.localName}:${type(l.control)}`),
      footer: Boolean(el.closest(".comet-v2-modal-footer")), around: around(el),
    };
  }

  const markNearby = (input) => {
    // A hidden radio button is marked by its label, which must be its own and shown.
    const label = [...(input.labels ?? [])].find(shown);
    return shown(input) && input.getBoundingClientRect().width > 1 && getComputedStyle(input).opacity !== "0" ? input : label ?? input;
  };
  const thumbs = () => document.querySelectorAll("[class*='thumb' i][style*='background-image'], [class*='upload' i] img, [class*='preview' i] img, [class*='upload' i] video").length;

  return { survey, optionsShown, optionsOf, probe, markNearby, thumbs };
})()
