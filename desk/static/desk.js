// Comfort only: everything in the desk works without this file.
"use strict";

const user = document.body.dataset.user || "";
const prefix = "cabinet-text-";

// What was being sent when the page was left has arrived if the new page says so.
for (const mark of Object.keys(localStorage)) {
  if (!mark.startsWith(prefix) || !mark.endsWith("-sent")) continue;
  if (document.querySelector(".notice.good")) localStorage.removeItem(mark.slice(0, -"-sent".length));
  localStorage.removeItem(mark);
}

// Typed text is kept in this browser until it is saved, and asked about when leaving.
for (const form of document.querySelectorAll("form[data-guard]")) {
  const key = `${prefix}${user}-${form.dataset.guard}`;
  const fields = [...form.querySelectorAll("input:not([type=hidden]), textarea, select")];
  const read = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));
  const start = JSON.stringify(read());
  let leaving = false;

  const kept = localStorage.getItem(key);
  const offer = form.querySelector("[data-restore]");
  if (kept && kept !== start) {
    offer.hidden = false;
    offer.querySelector("[data-restore-yes]").addEventListener("click", () => {
      const values = JSON.parse(kept);
      for (const field of fields) if (field.name in values) field.value = values[field.name];
      offer.hidden = true;
    });
    offer.querySelector("[data-restore-no]").addEventListener("click", () => {
      localStorage.removeItem(key);
      offer.hidden = true;
    });
  } else if (kept) {
    localStorage.removeItem(key);
  }
  form.addEventListener("input", () => localStorage.setItem(key, JSON.stringify(read())));
  form.addEventListener("submit", () => {
    leaving = true;
    localStorage.setItem(`${key}-sent`, "1");
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && JSON.stringify(read()) !== start) event.preventDefault();
  });
}

// Whoever signs out leaves no text behind on a shared computer.
for (const form of document.querySelectorAll("form[data-leaves]")) {
  form.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  });
}

// A gap named above the text is found in it by a click.
for (const item of document.querySelectorAll("[data-gap]")) {
  const text = document.getElementById(item.dataset.for);
  if (!text) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = item.textContent;
  item.replaceChildren(button);
  button.addEventListener("click", () => {
    const start = text.value.indexOf(`[de completat: ${item.dataset.gap}`);
    if (start < 0) return;
    const end = text.value.indexOf("]", start) + 1;
    text.focus();
    text.setSelectionRange(start, end || start);
    text.scrollTop = (text.value.slice(0, start).split("\n").length - 4) * parseFloat(getComputedStyle(text).lineHeight);
  });
}

// The department that usually answers a topic is proposed when another topic is chosen.
for (const topic of document.querySelectorAll("select[data-topic]")) {
  const department = topic.form.elements.department;
  topic.addEventListener("change", () => {
    const usual = topic.selectedOptions[0].dataset.department;
    if (usual) department.value = usual;
  });
}

// The picture of a page grows and shrinks in place, around the point that was clicked.
for (const button of document.querySelectorAll("a[data-zooms]")) {
  const scan = document.getElementById(button.dataset.zooms);
  const toggle = (event, across, down) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    scan.classList.toggle("zoomed");
    scan.scrollLeft = scan.scrollWidth * across - scan.clientWidth / 2;
    scan.scrollTop = scan.scrollHeight * down - scan.clientHeight / 2;
  };
  button.addEventListener("click", (event) => toggle(event, 0.5, 0));
  scan.addEventListener("click", (event) => {
    if (event.target.closest("a")) return;
    const box = scan.firstElementChild.getBoundingClientRect();
    toggle(event, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  });
}

// The frame of a mail is as high as the mail, within limits.
for (const frame of document.querySelectorAll("iframe.mail")) {
  frame.addEventListener("load", () => {
    const height = frame.contentDocument?.documentElement?.scrollHeight;
    if (height) frame.height = Math.min(Math.max(height + 4, 160), 4000);
  });
}
