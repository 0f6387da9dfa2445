'use strict';
(() => {
const data = JSON.parse(document.getElementById('data').textContent);
const $ = id => document.getElementById(id);
const canvas = $('canvas'), pen = canvas.getContext('2d'), tip = $('tip'), detail = $('detail');
const diff = data.difference, ROW = 19, kinds = ['', 'inlined', 'kernel', 'made at run time', 'no symbol', 'process'];

// The tree: flat, parents first. v[0] is the weight (of a difference: current), v[1] the count (baseline).
const nodes = [];
{
  const open = [];
  let at = 0;
  for (const [frame, children, a, b] of data.nodes) {
    const node = { index: at++, frame, self: [a, b], total: [a, b], children: [], parent: null, depth: open.length, left: children };
    if (open.length) { node.parent = open[open.length - 1]; node.parent.children.push(node); }
    nodes.push(node);
    open.push(node);
    while (open.length && open[open.length - 1].left-- === 0) open.pop();
  }
  for (let i = nodes.length - 1; i > 0; i--) for (const v of [0, 1]) nodes[i].parent.total[v] += nodes[i].total[v];
}
const root = nodes[0];
const nameOf = n => n === root ? 'all' : data.frames[n.frame][0];

let side = 0;                      // which value is the width: 0 current, 1 baseline
let zoom = root, picked = null, flipped = false, pattern = null, boxes = [];
const wide = n => diff ? n.total[side] : n.total[0];

const plain = (x, digits = 3) => Number(x.toPrecision(digits)).toString();
const scale = (x, units, step) => {
  let i = 0, y = Math.abs(x);
  while (y >= step && i < units.length - 1) { y /= step; i++; }
  return (x < 0 ? '\u2212' : '') + (y >= 1000 ? Math.round(y) : plain(y)) + ' ' + units[i];
};
const amount = x => data.kind === 'time'
  ? (x !== 0 && Math.abs(x) < 1 ? plain(x * 1000) + ' ps' : scale(x, ['ns', '\u00b5s', 'ms', 's'], 1000))
  : scale(x, ['B', 'KiB', 'MiB', 'GiB'], 1024);
const share = x => (100 * x).toFixed(Math.abs(x) < 0.0995 ? 2 : 1) + ' %';
const perItem = x => data.items > 0 ? amount(x / data.items) + ' an item' : amount(x);
const value = x => !diff ? perItem(x) : data.perItem ? amount(x) + ' an item' : share(x) + ' of all';
// Two standard errors of a change: numbers of samples are Poisson, with one more on either side as none
// seen does not mean that there is none.
const noise = v => 2 * Math.hypot(...[0, 1].map(i => Math.sqrt((v[i] + data.grain[i]) * data.grain[i])));
const isChange = v => Math.abs(v[0] - v[1]) > noise(v);
const signed = x => (x > 0 ? '+' : '') + (data.perItem ? amount(x) : share(x));

// Colours by what a frame is, or by how its own part changed. All are light enough for black text.
const hash = s => { let h = 2166136261; for (let i = 0; i < s.length; i++) h = Math.imul(h ^ s.charCodeAt(i), 16777619); return h >>> 0; };
const most = nodes.reduce((m, n) => Math.max(m, Math.abs(n.self[0] - n.self[1])), 1e-300);
const strength = d => Math.sqrt(Math.abs(d) / most);
function paint(n) {
  if (diff) {
    const d = n.self[0] - n.self[1], s = strength(d);
    if (n === root || s < 0.02 || !isChange(n.self)) return 'hsl(60 6% 84%)';
    return d > 0 ? `hsl(8 88% ${86 - 24 * s}%)` : `hsl(214 82% ${87 - 22 * s}%)`;
  }
  if (n === root) return 'hsl(40 20% 84%)';
  const [name, , , kind] = data.frames[n.frame], h = hash(name);
  switch (kind) {
  case 1: return `hsl(${52 + h % 10} 78% ${70 + h % 7}%)`;
  case 2: return `hsl(${205 + h % 16} 55% ${72 + h % 7}%)`;
  case 3: return `hsl(${130 + h % 20} 42% ${68 + h % 7}%)`;
  case 4: case 5: return `hsl(240 4% ${76 + h % 6}%)`;
  default: return `hsl(${14 + h % 28} 86% ${66 + h % 9}%)`;
  }
}

let letter = 7.3;                  // width of one; the font is monospaced
function sized(text, width) {
  if (width < 3 * letter) return '';
  const fit = Math.floor((width - 6) / letter);
  return text.length <= fit ? text : fit < 4 ? '' : text.slice(0, fit - 1) + '\u2026';
}

function lay() {                   // boxes of everything that is at least a third of a pixel
  const width = canvas.clientWidth, total = wide(zoom);
  boxes = [];
  const chain = [];
  for (let n = zoom; n; n = n.parent) chain.unshift(n);
  if (chain.length > 4) chain.splice(1, chain.length - 4); // of many callers the nearest two
  chain.forEach((n, i) => boxes.push({ n, x: 0, w: width, y: i, above: n !== zoom }));
  const walk = (n, x, y) => {
    for (const child of n.children) {
      const w = total > 0 ? wide(child) / total * width : 0;
      if (w >= 0.3) { boxes.push({ n: child, x, w, y }); walk(child, x, y + 1); }
      x += w;
    }
  };
  walk(zoom, 0, chain.length);
  return boxes.reduce((most, b) => Math.max(most, b.y + 1), 1);
}

function draw() {
  const rows = lay(), ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = rows * ROW;
  canvas.style.height = height + 'px';
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  pen.scale(ratio, ratio);
  pen.font = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
  pen.textBaseline = 'middle';
  letter = pen.measureText('mmmmmmmmmm').width / 10;
  const ring = getComputedStyle(document.documentElement).getPropertyValue('--focus');
  for (const b of boxes) {
    b.top = flipped ? height - (b.y + 1) * ROW : b.y * ROW;
    const gap = b.w > 3 ? 1 : 0, hit = pattern && b.n !== root && matches(b.n);
    pen.globalAlpha = b.above ? 0.8 : 1;
    pen.fillStyle = hit ? '#d48cff' : pattern && !diff ? 'hsl(50 8% 82%)' : paint(b.n);
    pen.fillRect(b.x, b.top, Math.max(b.w - gap, 0.3), ROW - 1);
    pen.globalAlpha = 1;
    const text = sized(nameOf(b.n), b.w);
    if (text) { pen.fillStyle = '#141412'; pen.fillText(text, b.x + 3, b.top + ROW / 2); }
    if (b.n === picked) { pen.strokeStyle = ring; pen.lineWidth = 2; pen.strokeRect(b.x + 1, b.top + 1, Math.max(b.w - 3, 1), ROW - 3); }
  }
  $('reset').disabled = zoom === root;
}

// At first, past the callers that nearly all of it goes through.
function start() {
  let n = root;
  for (;;) {
    const child = n.children.find(c => c.total[0] >= 0.95 * root.total[0] && (!diff || c.total[1] >= 0.95 * root.total[1]));
    if (!child || !child.children.length) return n;
    n = child;
  }
}

const matches = n => pattern.test(data.frames[n.frame][0]) || pattern.test(data.frames[n.frame][1]);
function covered() {               // of matching frames, those inside another match counted once
  let sum = 0;
  const walk = n => { if (n !== root && matches(n)) sum += wide(n); else n.children.forEach(walk); };
  walk(root);
  return wide(root) > 0 ? sum / wide(root) : 0;
}

function lines(n) {
  const f = n === root ? ['all', '', '', 0] : data.frames[n.frame], all = wide(root);
  const where = [kinds[f[3]], f[1], f[2]].filter(Boolean).join(' \u00b7 ');
  const out = [[f[0], true]];
  if (diff) {
    for (const [word, v] of [['total', n.total], ['self', n.self]])
      out.push([`${word} ${value(v[1])} \u2192 ${value(v[0])} (${signed(v[0] - v[1])}${noise(v) > 0 ? ' \u00b1 ' + (data.perItem ? amount(noise(v)) : share(noise(v))) : ''}${v[1] > 0 ? ', ' + (v[0] >= v[1] ? '+' : '\u2212') + Math.abs(100 * (v[0] / v[1] - 1)).toFixed(1) + ' %' : ''})`]);
  } else {
    out.push([`total ${share(all > 0 ? n.total[0] / all : 0)}, ${perItem(n.total[0])}, ${Math.round(n.total[1])} ${data.kind === 'time' ? 'samples' : 'allocations'}`]);
    out.push([`self ${share(all > 0 ? n.self[0] / all : 0)}, ${perItem(n.self[0])}`]);
  }
  if (where) out.push([where]);
  return out;
}
function fill(box, n) {
  box.replaceChildren(...lines(n).map(([text, bold]) => {
    const line = document.createElement('div'), word = document.createElement(bold ? 'b' : 'span');
    word.textContent = text; line.append(word);
    return line;
  }));
}

function pick(n) { picked = n; fill(detail, n); }
function zoomTo(n) { zoom = n; pick(n); draw(); }
function at(event) {
  const r = canvas.getBoundingClientRect(), x = event.clientX - r.left, y = event.clientY - r.top;
  for (let i = boxes.length - 1; i >= 0; i--) {
    const b = boxes[i];
    if (y >= b.top && y < b.top + ROW && x >= b.x && x < b.x + Math.max(b.w, 1)) return b.n;
  }
  return null;
}
canvas.addEventListener('pointermove', event => {
  const n = event.pointerType === 'mouse' ? at(event) : null;
  tip.hidden = !n;
  if (!n) return;
  fill(tip, n);
  const g = $('graph').getBoundingClientRect(), x = event.clientX - g.left, y = event.clientY - g.top;
  tip.style.left = Math.max(0, Math.min(x + 12, g.width - tip.offsetWidth)) + 'px';
  tip.style.top = y + 18 + 'px';
});
canvas.addEventListener('pointerleave', () => { tip.hidden = true; });
canvas.addEventListener('click', event => { const n = at(event); tip.hidden = true; if (n) zoomTo(n); });
canvas.addEventListener('keydown', event => {
  const now = picked || zoom, siblings = now.parent ? now.parent.children.filter(n => wide(n) > 0) : [now], i = siblings.indexOf(now);
  const next = { ArrowUp: flipped ? down : up, ArrowDown: flipped ? up : down, ArrowLeft: () => siblings[i - 1], ArrowRight: () => siblings[i + 1], Enter: () => { zoomTo(now); return now; } }[event.key];
  function up() { return now.parent; }
  function down() { return now.children.reduce((a, b) => !a || wide(b) > wide(a) ? b : a, null); }
  if (!next) return;
  event.preventDefault();
  const n = next();
  if (n) { pick(n); if (!boxes.some(b => b.n === n)) zoom = n.parent || root; draw(); }
});
document.addEventListener('keydown', event => {
  if (event.key === '/' && event.target !== $('search')) { event.preventDefault(); $('search').focus(); }
  if (event.key === 'Escape') { $('search').value = ''; search(); zoomTo(root); canvas.focus({ preventScroll: true }); }
});
function search() {
  const text = $('search').value;
  pattern = null;
  if (text) {
    try { pattern = new RegExp(text, 'i'); } catch { pattern = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i'); }
  }
  $('found').textContent = pattern ? share(covered()) + ' matched' : '';
  draw();
}
$('search').addEventListener('input', search);
$('reset').addEventListener('click', () => zoomTo(root));
$('flip').addEventListener('click', () => { flipped = !flipped; $('flip').setAttribute('aria-pressed', flipped); draw(); });
if (diff) $('side').addEventListener('click', () => {
  side = 1 - side;
  $('side').setAttribute('aria-pressed', side === 1);
  $('side').textContent = side ? 'Width: baseline' : 'Width: current';
  search();
});

// Tables: by function, wherever it stands; a recursive call counts once.
function functions() {
  const all = new Map();
  const walk = (n, over) => {
    if (n !== root) {
      const key = data.frames[n.frame][0];
      if (!all.has(key)) all.set(key, { name: key, self: [0, 0], total: [0, 0] });
      const f = all.get(key), fresh = !over.has(key);
      for (const v of [0, 1]) { f.self[v] += n.self[v]; if (fresh) f.total[v] += n.total[v]; }
      if (fresh) over = new Set(over).add(key);
    }
    for (const child of n.children) walk(child, over);
  };
  walk(root, new Set());
  return [...all.values()];
}
function table(where, heads, rows) { // the first word of a row is a function's name
  const t = document.createElement('table'), cell = (row, tag, what) => { const c = document.createElement(tag); c.append(what); row.append(c); };
  const head = t.createTHead().insertRow();
  heads.forEach(h => cell(head, 'th', h));
  const body = t.createTBody();
  for (const [name, ...numbers] of rows) {
    const r = body.insertRow(), link = document.createElement('button');
    link.textContent = name;
    link.title = 'search for it';
    link.addEventListener('click', () => { $('search').value = '^' + name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + '$'; search(); $('search').scrollIntoView({ block: 'center' }); });
    cell(r, 'td', link);
    numbers.forEach(x => cell(r, 'td', x));
  }
  $(where).replaceChildren(rows.length ? t : 'Nothing' + (diff ? ' changed by more than sampling does by itself.' : '.'));
}
const TOP = 25;
if (diff) {
  const list = functions(), change = f => f.self[0] - f.self[1];
  const short = x => data.perItem ? amount(x) : share(x), unit = data.perItem ? ', an item' : '';
  const row = f => [f.name, short(f.self[1]), short(f.self[0]), signed(change(f))];
  table('tops', ['its own part' + unit, 'baseline', 'current', 'change'], list.filter(f => f.total[0] > 0 && isChange(f.self)).sort((a, b) => Math.abs(change(b)) - Math.abs(change(a))).slice(0, TOP).map(row));
  const gone = list.filter(f => f.total[0] === 0 && f.total[1] > noise(f.total)).sort((a, b) => b.total[1] - a.total[1]);
  $('gone-head').hidden = $('gone').hidden = gone.length === 0;
  table('gone', ['function', 'baseline, in all' + unit, 'its own part'], gone.slice(0, 4 * TOP).map(f => [f.name, short(f.total[1]), short(f.self[1])]));
} else {
  const all = root.total[0] || 1, own = f => amount(data.items > 0 ? f.self[0] / data.items : f.self[0]);
  table('tops', ['function', 'self', 'total', data.items > 0 ? 'self, an item' : 'self'], functions().filter(f => f.self[0] > 0).sort((a, b) => b.self[0] - a.self[0]).slice(0, TOP).map(f => [f.name, share(f.self[0] / all), share(f.total[0] / all), own(f)]));
}
new ResizeObserver(draw).observe($('graph'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
zoomTo(root.total[0] > 0 ? start() : root);
})();
