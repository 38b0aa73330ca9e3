"use strict";
// Who shows this page inside another says how it looks: #light, #dark.
function follow() {
  const scheme = location.hash.slice(1);
  if (["light", "dark"].includes(scheme)) document.documentElement.style.colorScheme = scheme;
}
addEventListener("hashchange", follow);
follow();
const form = document.getElementById("filter");
const rows = [...document.querySelectorAll(".row")];
const count = document.getElementById("count");
function apply() {
  const wanted = Object.fromEntries(new FormData(form));
  const text = wanted.text.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const data = row.dataset;
    const fits = (!wanted.suite || data.suite === wanted.suite)
      && (!wanted.pipeline || data.pipeline === wanted.pipeline)
      && (!wanted.outcome || data.outcome === wanted.outcome)
      && (!wanted.kind || data.kinds.split(" ").includes(wanted.kind))
      && (!text || row.textContent.toLowerCase().includes(text));
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = `${shown} of ${rows.length}`;
}
form.addEventListener("input", apply);
