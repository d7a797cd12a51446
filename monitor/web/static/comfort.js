// Comforts only: every page reads and works without a script.
"use strict";

// htmx parses the answers of this page, which escaped everything already; nothing here makes a script of a text.
if (window.trustedTypes) trustedTypes.createPolicy("default", { createHTML: (text) => text });

document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("button.copy")) {
    const text = button.previousElementSibling.querySelector("textarea");
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      text.select();
      await navigator.clipboard.writeText(text.value);
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  }

  for (const place of document.querySelectorAll("label.drop")) {
    const files = place.querySelector("input[type=file]");
    place.addEventListener("dragover", (event) => {
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      files.files = event.dataTransfer.files;
    });
  }
});

// What was typed before htmx was ready, or stands there again after going back, is searched for as well.
window.addEventListener("load", () => {
  const wanted = document.getElementById("q");
  if (wanted && wanted.value !== wanted.defaultValue) htmx.trigger(wanted.form, "change");
});
