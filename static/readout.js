// Read-outs on charts: pointer, touch and arrow keys read the row of the table behind the chart that belongs to a time.
// The page is complete without this; every number shown here stands in that table.
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const words =
    document.documentElement.lang === "zh-Hans"
      ? { name: "，读数", hint: "将指针移到图表上，或聚焦后按方向键，即可读取数值。", nothing: "尚未读取；按方向键" }
      : {
          name: ", read-out",
          hint: "Point at the chart, or focus it and press the arrow keys, to read its numbers.",
          nothing: "nothing read yet; press an arrow key",
        };

  const texts = (cells) => Array.from(cells, (cell) => cell.textContent.trim());

  const readable = (figure) => {
    const table = document.getElementById(figure.dataset.table);
    const rows = table ? Array.from(table.tBodies[0].rows) : [];
    if (rows.length === 0) return;
    const [from, to] = [Number(figure.dataset.from), Number(figure.dataset.to)];
    const [, ...heads] = texts(table.tHead.rows[0].cells);
    const sentence = (row) => {
      const [when, ...values] = texts(row.cells);
      const parts = values.map((value, n) => (value ? `${heads[n]} ${value}` : "")).filter((part) => part);
      return [when, parts.join(" · ")];
    };

    const pictures = Array.from(figure.querySelectorAll("svg[data-plot]"), (svg) => {
      const [left, top, right, bottom] = svg.dataset.plot.split(" ").map(Number);
      const bar = document.createElementNS(SVG, "rect");
      for (const [name, value] of [["class", "reading"], ["y", top], ["height", bottom - top], ["visibility", "hidden"]]) {
        bar.setAttribute(name, value);
      }
      svg.append(bar);
      return { svg, left, right, bar };
    });

    const pad = document.createElement("div");
    pad.className = "reader";
    pad.tabIndex = 0;
    const out = document.createElement("p");
    out.className = "readout";
    out.setAttribute("aria-hidden", "true"); // the slider says the same
    const about = { role: "slider", "aria-label": figure.getAttribute("aria-label") + words.name, "aria-valuemin": 1, "aria-valuemax": rows.length };
    for (const [name, value] of Object.entries(about)) pad.setAttribute(name, value);

    let current = null;
    const say = (when, rest) => {
      const strong = document.createElement("strong");
      strong.textContent = when;
      out.replaceChildren(strong, rest ? ` ${rest}` : "");
    };
    const show = (index) => {
      current = Math.min(Math.max(index, 0), rows.length - 1);
      const row = rows[current];
      const [when, rest] = sentence(row);
      say(when, rest);
      pad.setAttribute("aria-valuenow", current + 1);
      pad.setAttribute("aria-valuetext", `${when}: ${rest}`);
      for (const { left, right, bar } of pictures) {
        const x = (minute) => left + ((minute - from) / (to - from)) * (right - left);
        const [start, end] = [x(Number(row.dataset.from)), x(Number(row.dataset.to))];
        bar.setAttribute("x", start);
        bar.setAttribute("width", Math.max(end - start, 1));
        bar.setAttribute("visibility", "visible");
      }
    };
    const leave = () => {
      current = null;
      out.textContent = words.hint;
      pad.setAttribute("aria-valuenow", rows.length);
      pad.setAttribute("aria-valuetext", words.nothing);
      for (const { bar } of pictures) bar.setAttribute("visibility", "hidden");
    };
    const point = (event) => {
      const shown = pictures.find(({ svg }) => svg.getBoundingClientRect().width > 0);
      if (!shown) return;
      const box = shown.svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * shown.svg.viewBox.baseVal.width;
      const minute = from + ((x - shown.left) / (shown.right - shown.left)) * (to - from);
      const index = rows.findIndex((row) => minute < Number(row.dataset.to));
      show(index < 0 ? rows.length - 1 : index);
    };
    const keys = {
      ArrowLeft: () => show(current === null ? rows.length - 1 : current - 1),
      ArrowDown: () => show(current === null ? rows.length - 1 : current - 1),
      ArrowRight: () => show(current === null ? 0 : current + 1),
      ArrowUp: () => show(current === null ? 0 : current + 1),
      PageDown: () => show(current === null ? rows.length - 1 : current - 7),
      PageUp: () => show(current === null ? 0 : current + 7),
      Home: () => show(0),
      End: () => show(rows.length - 1),
      Escape: leave,
    };
    pad.addEventListener("keydown", (event) => {
      const act = keys[event.key];
      if (!act || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      act();
    });
    pad.addEventListener("pointermove", point);
    pad.addEventListener("pointerdown", point);
    pad.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse" && document.activeElement !== pad) leave();
    });
    pad.addEventListener("blur", leave);
    leave();
    figure.append(pad, out);
  };

  document.querySelectorAll("figure[data-table]").forEach(readable);
})();
