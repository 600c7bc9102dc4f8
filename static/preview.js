// Keeps the previews in the agreement form current: after a pause in typing it asks what the Preview button asks, at the
// same address, and puts the answer's previews in place. One question at a time; nothing is saved. The page is complete
// without this.
(() => {
  "use strict";

  const words =
    document.documentElement.lang === "zh-Hans"
      ? { none: "暂无预览：", fresh: "预览已是最新。" }
      : { none: "No preview yet: ", fresh: "The preview is up to date." };
  const PAUSE_MS = 900;
  const form = document.getElementById("agreement");
  const bar = form && form.querySelector(".actions.bar");
  if (!bar) return;

  const told = document.createElement("p");
  told.className = "under";
  told.setAttribute("role", "status");
  told.setAttribute("aria-live", "polite");
  bar.append(told);

  let timer = 0;
  let isAsking = false;
  let isStale = false;

  const places = (root) => new Map(Array.from(root.querySelectorAll(".live"), (one) => [one.dataset.objective, one]));
  const show = (answer) => {
    const fresh = places(answer);
    let count = 0;
    for (const [objective, place] of places(form)) {
      const found = fresh.get(objective);
      const previews = found ? Array.from(found.childNodes, (node) => document.importNode(node, true)) : [];
      // what somebody reads with the keyboard stays under their hands
      if (place.contains(document.activeElement)) continue;
      place.replaceChildren(...previews);
      count += place.querySelectorAll(".preview").length;
    }
    const problem = answer.querySelector(".problems li");
    if (problem) told.textContent = words.none + problem.textContent.trim();
    else told.textContent = count > 0 ? words.fresh : "";
  };

  const ask = async () => {
    if (isAsking) {
      isStale = true;
      return;
    }
    isAsking = true;
    isStale = false;
    try {
      const fields = new FormData(form);
      fields.set("action", "live-preview");
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields });
      if (!answer.ok) throw new Error(String(answer.status));
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (error) {
      told.textContent = "The preview could not be made; press Preview to see why.";
    } finally {
      isAsking = false;
      if (isStale) later();
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  };
  form.addEventListener("input", (event) => {
    if (event.target.closest(".objective, .grid") && event.target.type !== "file") later();
  });
  form.addEventListener("submit", () => clearTimeout(timer));
})();
