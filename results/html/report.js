"use strict";
(function () {
  var root = document.documentElement, tables = document.querySelectorAll("table.sortable");
  var all = function (selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); };
  var units = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, "%": .01, B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KiB: 1024, MiB: 1048576, GiB: 1073741824, k: 1e3, M: 1e6, G: 1e9 };

  /* "48.30 ns", "1.25 GB/s", "3+1": a number, or the text when it is none. */
  function value(cell) {
    var text = cell ? (cell.dataset.v || cell.textContent).trim() : "";
    var parts = /^([+-]?[\d.]+(?:e[+-]?\d+)?)\+?(\d*)\s*([^\s\/]*)/.exec(text);
    if (!parts) return text === "" ? null : text.toLowerCase();
    return (parseFloat(parts[1]) + (parseFloat(parts[2]) || 0)) * (units[parts[3]] || 1);
  }

  /* Rows within each body, so that suites stay together; what is empty comes last. */
  function sort(table, column, direction) {
    all("thead th", table).forEach(function (th, i) {
      if (!th.hasAttribute("aria-sort")) return;
      th.setAttribute("aria-sort", i === column && direction ? direction : "none");
    });
    var sign = direction === "descending" ? -1 : 1;
    Array.prototype.forEach.call(table.tBodies, function (body) {
      var rows = all("tr:not(.suite)", body);
      rows.forEach(function (row, i) { if (row.index === undefined) row.index = i; });
      var keys = new Map(rows.map(function (row) { return [row, value(row.cells[column])]; }));
      rows.sort(function (a, b) {
        var x = keys.get(a), y = keys.get(b);
        if (!direction) return a.index - b.index;
        if (x === null || y === null) return (x === null) - (y === null) || a.index - b.index;
        if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
        return x < y ? -sign : x > y ? sign : a.index - b.index;
      });
      rows.forEach(function (row) { body.appendChild(row); });
    });
  }

  function filter(words) {
    var parts = words.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    all("#details details").forEach(function (box) {
      var id = box.querySelector("b").textContent.toLowerCase();
      box.hidden = !parts.every(function (part) { return id.indexOf(part) >= 0; });
    });
    all("table.cases tbody tr:not(.suite)").forEach(function (row) {
      var body = document.getElementById(row.querySelector("a").hash.slice(1));
      row.hidden = body.closest("details").hidden;
      if (!row.hidden) shown++;
    });
    all("table.cases tbody").forEach(function (body) {
      var head = body.querySelector(".suite");
      if (head) head.hidden = !body.querySelector("tr:not(.suite):not([hidden])");
    });
    var count = document.getElementById("shown");
    if (count) count.textContent = parts.length ? shown + " shown" : "";
  }

  function theme(name) {
    if (name === "dark" || name === "light") root.dataset.theme = name;
    var isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    var button = document.getElementById("theme");
    if (button) button.textContent = isDark ? "Light" : "Dark";
    return isDark;
  }

  /* The view is in the address, so that it can be sent: #sort=1:descending&q=enc&theme=dark, #c3. */
  var state = {};
  function keep() {
    var text = Object.keys(state).filter(function (key) { return state[key]; }).map(function (key) {
      return key + "=" + encodeURIComponent(state[key]);
    }).join("&");
    try { history.replaceState(null, "", text ? "#" + text : location.pathname + location.search); } catch (e) { /* not everywhere allowed */ }
  }

  function show() {
    var hash = location.hash.slice(1), target = hash && document.getElementById(hash);
    if (target) {
      var box = target.closest("details");
      if (box) box.open = true;
      target.scrollIntoView();
      return;
    }
    (location.search.slice(1) + "&" + hash).split("&").forEach(function (pair) {
      var at = pair.indexOf("=");
      if (at < 0) return;
      try { state[pair.slice(0, at)] = decodeURIComponent(pair.slice(at + 1)); } catch (e) { /* not ours */ }
    });
    if (state.theme) theme(state.theme);
    if (state.open === "all") openAll(true);
    var search = document.getElementById("search");
    if (search) { search.value = state.q || ""; filter(search.value); }
    var order = (state.sort || "").split(":");
    if (tables[0] && order.length === 2) sort(tables[0], Number(order[0]), order[1]);
  }

  function openAll(isOpen) {
    all("details").forEach(function (box) { box.open = isOpen; });
    var button = document.getElementById("all");
    if (button) button.textContent = isOpen ? "Close all" : "Open all";
  }

  Array.prototype.forEach.call(tables, function (table, index) {
    all("thead th:not(.fixed)", table).forEach(function (th) {
      var button = document.createElement("button"), column = th.cellIndex;
      button.type = "button";
      while (th.firstChild) button.appendChild(th.firstChild);
      th.appendChild(button);
      th.setAttribute("aria-sort", "none");
      button.addEventListener("click", function () {
        var now = th.getAttribute("aria-sort");
        var next = now === "none" ? "ascending" : now === "ascending" ? "descending" : "";
        sort(table, column, next);
        if (index === 0) { state.sort = next ? column + ":" + next : ""; keep(); }
      });
    });
  });
  var tools = document.getElementById("tools");
  if (tools) tools.hidden = false;
  var search = document.getElementById("search");
  if (search) search.addEventListener("input", function () { state.q = search.value; filter(search.value); keep(); });
  var button = document.getElementById("theme");
  if (button) button.addEventListener("click", function () {
    state.theme = theme() ? "light" : "dark";
    theme(state.theme);
    keep();
  });
  var more = document.getElementById("all");
  if (more) more.addEventListener("click", function () { openAll(more.textContent === "Open all"); });
  var boxes = all("#details details");
  if (more && boxes.length && boxes.every(function (box) { return box.open; })) more.textContent = "Close all";
  theme();
  addEventListener("hashchange", show);
  show();
})();
