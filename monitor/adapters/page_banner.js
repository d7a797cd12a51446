// A note to the buyer that lies over the page and takes no press except on its own cross.
({ lines, close }) => {
  const host = document.createElement("div");
  host.style.cssText = "all:initial;position:fixed;right:16px;top:16px;z-index:2147483647;pointer-events:none";
  const shade = host.attachShadow({ mode: "closed" });
  const box = document.createElement("div");
  box.style.cssText = "max-width:340px;padding:12px 40px 12px 16px;border-radius:8px;background:#123;color:#fff;"
    + "font:14px/1.45 system-ui,sans-serif;box-shadow:0 4px 16px rgb(0 0 0/35%);position:relative";
  for (const [index, line] of lines.entries()) {
    const row = document.createElement("div");
    row.textContent = line;
    if (index === 0) row.style.fontWeight = "bold";
    box.append(row);
  }
  const cross = document.createElement("button");
  cross.textContent = "\u00d7";
  cross.setAttribute("aria-label", close);
  cross.style.cssText = "all:unset;position:absolute;right:12px;top:8px;font-size:20px;cursor:pointer;"
    + "pointer-events:auto";
  cross.addEventListener("click", () => host.remove());
  box.append(cross);
  shade.append(box);
  document.documentElement.append(host);
}
