// Tool for comparing two scenes, left and right of a movable divider.

import { announce, button, el, ICONS, strips, stroke, textButton } from './dom.js';
import { label } from './graticule.js';
import { dateText } from './list.js';
import { clamp } from './mercator.js';
import { above, drawMap, stage } from './paint.js';
import { refresh, scenes, scenesAt, sorted, state } from './scenes.js';
import { emit, on } from './signals.js';
import { addTool } from './tools.js';
import { ensureVisible, toMap, view } from './view.js';

/** Left and right scene; `null` without a comparison. */
let pair = null;
/** Position of the divider, from 0 at the left to 1, and the scenes isolated before the comparison.
 *  */
let line = 0.5, before = null;

const named = (scene) => `${scene.title}, ${dateText(scene)}`;
const side = (i) => el('select', { 'aria-label': ['Left scene', 'Right scene'][i], onchange: ({ target }) => {
  const chosen = scenes[target.value];
  // If the scene is on the other side, the sides are swapped.
  compare(i ? [pair[0] === chosen ? pair[1] : pair[0], chosen] : [chosen, pair[1] === chosen ? pair[0] : pair[1]]);
} });
const sides = [side(0), side(1)];
const swipeStrip = el('div', { className: 'strip box', role: 'group', 'aria-label': 'Compare two scenes', hidden: true }, sides[0],
  textButton('⇄', () => compare(pair.toReversed()), { title: 'Swap', 'aria-label': 'Swap' }), sides[1],
  button('End the comparison', ICONS.close, () => { compare(null); stage.focus(); }));
const divider = el('div', { className: 'divider', role: 'slider', tabIndex: 0, hidden: true, 'aria-label': 'Divider', 'aria-valuemin': 0, 'aria-valuemax': 100 });

function moveLine(to) {
  line = clamp(to, 0, 1);
  divider.style.left = `${line * 100}%`;
  divider.ariaValueNow = Math.round(line * 100);
  divider.ariaValueText = `${Math.round(line * 100)} % ${named(pair[0])}`;
  emit('marks');
}
function compare(two) {
  if (!pair && two) before = state.only;
  pair = two;
  state.only = two ? new Set(two) : before;
  swipeStrip.hidden = divider.hidden = !two;
  if (two) {
    sides.forEach((select, i) => (select.value = two[i].index));
    moveLine(line);
    announce(`${named(two[0])} on the left, ${named(two[1])} on the right`);
  }
  refresh();
}
/** Compares two scenes: selected ones first, then those in the middle, then the uppermost. */
function beginComparison() {
  const shown = sorted.filter((scene) => scene.visible);
  const here = scenesAt(toMap([view.width / 2, view.height / 2]));
  const two = [...new Set([...shown.filter((scene) => scene.selected), ...here, ...shown])].slice(0, 2);
  if (two.length < 2) return announce('There are no two scenes to compare');
  for (const select of sides) select.replaceChildren(...sorted.map((scene) => el('option', { value: scene.index }, named(scene))));
  line = 0.5;
  // The older scene is on the left.
  compare(two.sort((a, b) => ((a.datetime ?? '') < (b.datetime ?? '') ? -1 : 1)));
  ensureVisible(two[0].box);
  divider.focus();
}

if (scenes.length > 1) {
  strips.before(divider);
  strips.append(swipeStrip);
  addTool({ name: 'Compare two scenes', icon: 'M10 3v14M7 7l-3 3 3 3M13 7l3 3-3 3', key: 'w', isOn: () => pair, press: () => (pair ? compare(null) : beginComparison()) });
}
// Showing other scenes ends the comparison.
on('change', () => {
  if (!pair || (state.only?.size === 2 && pair.every((scene) => state.only.has(scene)))) return;
  pair = null;
  swipeStrip.hidden = divider.hidden = true;
  emit('marks');
});

divider.addEventListener('pointerdown', (event) => divider.setPointerCapture(event.pointerId));
divider.addEventListener('pointermove', (event) => {
  const { left, width } = stage.getBoundingClientRect();
  if (divider.hasPointerCapture(event.pointerId)) moveLine((event.clientX - left) / width);
});
divider.addEventListener('keydown', (event) => {
  const to = { ArrowLeft: line - 0.02, ArrowDown: line - 0.02, ArrowRight: line + 0.02, ArrowUp: line + 0.02, PageDown: line - 0.1, PageUp: line + 0.1, Home: 0, End: 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  moveLine(to);
});

above.unshift((pane) => {
  if (!pair) return;
  const { ctx, width, height } = pane, x = line * width;
  for (const [i, from, to] of [[0, 0, x], [1, x, width]]) {
    ctx.save();
    pane.onScreen();
    ctx.beginPath();
    ctx.rect(from, 0, to - from, height);
    ctx.clip();
    drawMap(pane, [pair[i]]);
    ctx.restore();
  }
  pane.onScreen();
  ctx.beginPath();
  ctx.moveTo(x, 0);
  ctx.lineTo(x, height);
  stroke(ctx, [[4, 'halo'], [2, 'ink']]);
  ctx.font = '600 12px system-ui,sans-serif';
  for (const [i, align, beside] of [[0, 'right', -12], [1, 'left', 12]]) {
    ctx.textAlign = align;
    label(ctx, named(pair[i]), x + beside, 34);
  }
});
