// List of scenes in groups. Only the visible rows exist, so that five thousand open as fast as
// five.

import { button, el, ICONS } from './dom.js';
import { addKeys } from './keys.js';
import { clamp } from './mercator.js';
import { requestPicture } from './pictures.js';
import { choose, filters, hover, isIsolated, isolate, scenes, setSelected, show, sorted, state } from './scenes.js';
import { on } from './signals.js';
import { ensureVisible, fit } from './view.js';

export const percent = (cloud) => `${cloud >= 10 || cloud === 0 ? Math.round(cloud) : cloud.toFixed(1)} %`;
export const dateText = (scene) => (scene.datetime ? scene.datetime.slice(0, 16).replace('T', ' ') : 'no date');

/** Returns a text as a Rust string literal, with quotes, backslashes and invisible characters
 *  escaped. */
export const quoted = (text) => '"' + text.replace(/[\x22\\\p{C}]/gu, (one) => `\\u{${one.codePointAt().toString(16)}}`) + '"';

export const GROUPINGS = {
  none: ['No groups', () => null],
  collection: ['By collection', (scene) => scene.collection],
  constellation: ['By constellation', (scene) => scene.constellation],
  date: ['By date', (scene) => scene.datetime?.slice(0, 10)],
};
/** Returns the number of groups of a grouping. */
export const groupCount = (grouping) => new Set(scenes.map(GROUPINGS[grouping][1]).filter(Boolean)).size;
export const grouped = { by: groupCount('collection') > 1 ? 'collection' : 'none', folded: new Set() };

const ROW = 48, HEAD = 36; // pixels, as in the style
const space = el('div', { className: 'space' });
export const list = el('div', { className: 'list', role: 'list', 'aria-label': 'Scenes', onscroll: () => render() }, space);
/** Rows of the list in order (groups and scenes), and its scenes, including those in folded groups.
 *  */
let items = [], inOrder = [];
let height = 0, active = null, anchor = null;
const nodes = new Map();

function group(name, some) {
  return { key: `group ${name}`, name, scenes: some, folded: grouped.folded.has(name), height: HEAD };
}
/** Lays out the rows. Scenes removed by a filter are not listed; hidden ones are. */
function layOut() {
  const listed = sorted.filter((scene) => filters.every((filter, i) => i === 0 || filter(scene)));
  const groups = Map.groupBy(listed, (scene) => GROUPINGS[grouped.by][1](scene) ?? 'Others');
  items = [];
  inOrder = [];
  height = 0;
  const add = (item) => {
    items.push(Object.assign(item, { top: height, index: items.length }));
    height += item.height;
  };
  for (const [name, some] of groups) {
    const head = group(name, some);
    inOrder.push(...some);
    if (grouped.by !== 'none') add(head);
    if (grouped.by === 'none' || !head.folded) some.forEach((scene) => add({ key: scene, scene, height: ROW }));
  }
  space.style.height = `${height}px`;
  render();
}

/** Creates, updates and removes row elements, so that the visible ones exist. */
function render() {
  const from = list.scrollTop - 200, to = list.scrollTop + list.clientHeight + 200;
  const seen = items.filter((item) => item.top + item.height > from && item.top < to);
  // The row with the focus is kept, even if it is not visible.
  const focused = items.find((item) => nodes.get(item.key)?.contains(document.activeElement));
  if (focused && !seen.includes(focused)) seen.push(focused);
  const wanted = new Set(seen.map((item) => item.key));
  for (const [key, node] of nodes) {
    if (wanted.has(key)) continue;
    node.remove();
    nodes.delete(key);
  }
  seen.forEach((item, i) => {
    let node = nodes.get(item.key);
    if (!node) nodes.set(item.key, node = item.scene ? sceneRow(item.scene) : groupRow());
    if (space.children[i] !== node) space.insertBefore(node, space.children[i] ?? null);
    node.style.top = `${item.top}px`;
    node.ariaPosInSet = item.index + 1;
    node.ariaSetSize = items.length;
    node.update(item);
    for (const control of controls(node)) control.tabIndex = item.key === (active ?? items[0]?.key) ? 0 : -1;
  });
}
const controls = (node) => [...node.querySelectorAll('button, input')];

const showButton = (act) => button('Show', ICONS.eye, act);
function press(node, name, pressed) {
  node.title = node.ariaLabel = name;
  node.ariaPressed = String(pressed);
}

function sceneRow(scene) {
  const ctx = el('canvas', { width: 80, height: 80, 'aria-hidden': 'true' }).getContext('2d');
  const facts = [dateText(scene).slice(0, 10), scene.cloud == null ? null : `${percent(scene.cloud)} cloud`, grouped.by !== 'collection' && groupCount('collection') > 1 && scene.collection];
  const check = el('input', { type: 'checkbox', 'aria-label': `Select ${scene.title}`, onclick: (event) => {
    selectRow(scene, event.shiftKey);
  } });
  const open = el('button', { type: 'button', className: 'open', onclick: (event) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) return selectRow(scene, event.shiftKey);
    anchor = scene;
    choose(scene);
    ensureVisible(scene.box);
  }, ondblclick: () => fit(scene.box, 0.2) }, ctx.canvas, el('span', {}, el('b', { dir: 'auto' }, scene.title), el('small', { dir: 'auto' }, facts.filter(Boolean).join(' · '))));
  const shown = showButton(() => show([scene], !scene.shown, scene.title));
  const alone = button('Show only', ICONS.target, () => isolate([scene], scene.title));
  const node = el('div', { className: 'item', role: 'listitem', onpointerenter: () => hover(scene), onpointerleave: () => hover(null), onfocusin: () => hover(scene) }, check, open, shown, alone);
  requestPicture(scene, 'small');
  let thumbnail = null;
  node.update = () => {
    check.checked = scene.selected;
    press(shown, `Show ${scene.title}`, scene.shown);
    press(alone, `Show only ${scene.title}`, isIsolated([scene]));
    node.classList.toggle('off', !scene.visible);
    node.classList.toggle('chosen', scene === state.chosen);
    node.classList.toggle('hovered', scene === state.hovered);
    if (scene.small && thumbnail !== scene.small) drawThumbnail(ctx, thumbnail = scene.small, scene.fit.matrix);
  };
  return node;
}
/** Draws the middle of a picture; the matrix gives its aspect ratio on the ground. */
function drawThumbnail(ctx, { bitmap, x, y, width, height }, [a, b, c, d]) {
  const shape = Math.hypot(a, b) / Math.hypot(c, d);
  const [w, h] = [width * Math.min(1, 1 / shape), height * Math.min(1, shape)];
  ctx.drawImage(bitmap, x + (width - w) / 2, y + (height - h) / 2, w, h, 0, 0, 80, 80);
}
/** Selects or deselects a scene, or selects all from the last one to it. */
function selectRow(scene, toHere) {
  const rows = items.filter((item) => item.scene).map((item) => item.scene);
  const [from, to] = [rows.indexOf(anchor), rows.indexOf(scene)].sort((a, b) => a - b);
  if (toHere && from >= 0) setSelected(rows.slice(from, to + 1), true);
  else setSelected([scene]);
  anchor = scene;
}

function groupRow() {
  let head;
  const fold = el('button', { type: 'button', className: 'fold', onclick: () => {
    if (!grouped.folded.delete(head.name)) grouped.folded.add(head.name);
    layOut();
  } });
  const shown = showButton(() => show(head.scenes, !head.scenes.every((scene) => scene.shown), head.name));
  const alone = button('Show only', ICONS.target, () => isolate(head.scenes, head.name));
  const node = el('div', { className: 'item head', role: 'listitem' }, fold, shown, alone);
  node.update = (item) => {
    head = item;
    fold.ariaExpanded = String(!head.folded);
    fold.replaceChildren(el('b', { dir: 'auto' }, head.name), el('small', {}, String(head.scenes.length)));
    press(shown, `Show group ${head.name}`, head.scenes.some((scene) => scene.shown));
    press(alone, `Show only group ${head.name}`, isIsolated(head.scenes));
  };
  return node;
}

/** Scrolls until a row is visible. */
function reveal(item) {
  if (!item) return;
  if (item.top < list.scrollTop) list.scrollTop = item.top;
  else if (item.top + item.height > list.scrollTop + list.clientHeight) list.scrollTop = item.top + item.height - list.clientHeight;
  render();
}

// A single tab stop: arrow keys move between rows and within a row.
list.addEventListener('focusin', ({ target }) => {
  active = items.find((item) => nodes.get(item.key)?.contains(target))?.key;
  render();
});
list.addEventListener('keydown', (event) => {
  const at = items.findIndex((item) => item.key === active);
  if (at < 0) return;
  const within = controls(nodes.get(active));
  const column = within.indexOf(document.activeElement);
  const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
  const rowBy = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -items.length, End: items.length }[event.key];
  const columnBy = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (rowBy) {
    const item = items[clamp(at + rowBy, 0, items.length - 1)];
    reveal(item);
    const there = controls(nodes.get(item.key));
    // Group rows have no checkbox, so columns are counted from the end.
    there[Math.max(0, there.length - within.length + column)].focus({ preventScroll: true });
  } else if (columnBy) within[column + columnBy]?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
});

/** Chooses the next or the previous scene of the list. */
function stepScenes(by) {
  const visible = inOrder.filter((scene) => scene.visible);
  if (!visible.length) return;
  const at = visible.indexOf(state.chosen);
  const scene = visible[at < 0 ? (by > 0 ? 0 : visible.length - 1) : (at + by + visible.length) % visible.length];
  choose(scene);
  ensureVisible(scene.box);
}
if (scenes.length) addKeys('[ ]', 'scene before, after', { '[': () => stepScenes(-1), ']': () => stepScenes(1) });

let revealed = null;
on('change', () => {
  layOut();
  if (state.chosen !== revealed) reveal(items.find((item) => item.scene === state.chosen));
  revealed = state.chosen;
});
on('hover', render);
on('small', render);
new ResizeObserver(render).observe(list);
