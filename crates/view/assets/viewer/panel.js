// Layer panel: list of scenes, grouping, order, opacity and filters.

import { snippet } from './card.js';
import { data } from './data.js';
import { button, copyText, el, ICONS, root, slider, textButton } from './dom.js';
import { addKeys } from './keys.js';
import { groupCount, grouped, GROUPINGS, list, quoted } from './list.js';
import { filters, isolate, ORDERS, refresh, scenes, setSelected, show, sortScenes, state } from './scenes.js';
import { emit, on } from './signals.js';
import { addTool } from './tools.js';
import { view } from './view.js';

const percents = (value) => `${value} %`;
const choice = (name, options, value, change) => {
  const node = el('select', { 'aria-label': name, onchange: () => change(node.value) }, ...options.map(([value, [words]]) => el('option', { value }, words)));
  node.value = value;
  return node;
};

// ---- filters
let mostCloud = 100;
const clouds = scenes.some((scene) => scene.cloud != null);
if (clouds) filters.push((scene) => !(scene.cloud > mostCloud));
const groupings = Object.entries(GROUPINGS).filter(([name]) => name === 'none' || groupCount(name));
const count = el('p', { className: 'count', role: 'status' });

// ---- selection
const selectedScenes = () => scenes.filter((scene) => scene.selected);
const many = el('b');
const copyIds = textButton('Copy ids', () => copyText(selectedScenes().map((scene) => quoted(scene.id)).join(', '), copyIds));
const copyRust = textButton('Copy Rust', () => copyText(snippet(selectedScenes()), copyRust));
copyRust.hidden = !data.snippet;
const selection = el('div', { className: 'selection', role: 'group', 'aria-label': 'Selected scenes' }, many, copyRust, copyIds,
  textButton('Isolate', () => isolate(selectedScenes(), `the ${selectedScenes().length} selected`)), textButton('Clear', () => setSelected(scenes, false)));

// ---- origin and notes
const about = data.about?.length ? el('details', {}, el('summary', {}, 'About this map'), el('dl', {}, ...data.about.flatMap(([name, value]) => [el('dt', { dir: 'auto' }, name), el('dd', { dir: 'auto' }, value)]))) : null;
const notes = data.notes?.length ? el('ul', { className: 'notes', 'aria-label': 'Notes' }, ...data.notes.map((note) => el('li', { dir: 'auto' }, note))) : null;

export const panel = el('aside', { className: 'panel box', hidden: true, 'aria-label': 'Layers' },
  el('header', {}, el('b', { dir: 'auto' }, data.title), button('Close', ICONS.close, () => { openPanel(false); layers.focus(); }, 'L')),
  el('div', { className: 'row' }, count, textButton('Show all', () => show(scenes, true, 'All scenes')), textButton('Hide all', () => show(scenes, false, 'All scenes'))),
  about, notes,
  el('div', { className: 'row' }, groupings.length > 1 ? choice('Group', groupings, grouped.by, (by) => { grouped.by = by; refresh(); }) : null,
    choice('Order', Object.entries(ORDERS), 'given', sortScenes)),
  el('div', { className: 'row' }, slider('Opacity', { value: 100 }, percents, (value) => { state.opacity = value / 100; emit('paint'); }),
    clouds ? slider('Clouds up to', { value: 100 }, percents, (value) => { mostCloud = value; refresh(); }) : null),
  list, selection);

const WIDTH = 300; // pixels, as in the style sheet: measuring it would force a layout before the map is drawn
const isWide = () => view.width >= 720;
/** Opens the panel or closes it. */
export function openPanel(is) {
  // Without scenes the panel would be empty.
  panel.hidden = !is || !scenes.length;
  layers.ariaExpanded = String(!panel.hidden);
  cover();
}
/** Sets the width of the view that the panel covers. */
function cover() {
  view.right = !panel.hidden && isWide() ? WIDTH + 12 : 0;
  root.style.setProperty('--covered', `${view.right}px`);
}

const layers = addTool({ name: 'Layers', icon: ICONS.layers, key: 'l', press: () => openPanel(panel.hidden) });
layers.hidden = !scenes.length;
root.append(panel);
let first = true;
on('resize', () => {
  if (first) openPanel(isWide());
  first = false;
  cover();
});
on('change', () => {
  const shown = scenes.filter((scene) => scene.visible).length;
  count.textContent = shown === scenes.length ? `${shown} scene${shown === 1 ? '' : 's'}` : `${shown} of ${scenes.length} scenes shown`;
  const chosen = selectedScenes().length;
  selection.hidden = !chosen;
  many.textContent = `${chosen} selected`;
});
addKeys('C', 'copy the selected ids', { c: () => selectedScenes().length && (copyRust.hidden ? copyIds : copyRust).click() });
