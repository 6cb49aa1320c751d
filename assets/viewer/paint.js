// Drawing. The map is drawn larger than its window, so that moving it only moves
// what is drawn; it is drawn anew when that no longer covers the window, or when
// the hand rests. What follows the hand at once lies on a second canvas.

import { colours, el } from './elements.js';
import { drawGraticule, drawLabels, showScale } from './graticule.js';
import { drawLand } from './land.js';
import { drawPicture, prepare } from './pictures.js';
import { emit, on } from './signals.js';
import { aoiPath, home, sorted, state } from './scenes.js';
import { fit, view } from './view.js';

/** Painters of tools, called with a pane: `below` the scenes and over the land, and
 *  `above` everything, at once with the hand. */
export const below = [];
export const above = [];

const MARGIN = 0.3; // of the window, drawn on each side
const map = el('canvas', { className: 'map' });
export const over = el('canvas', { className: 'over' });
export const stage = el('div', { className: 'stage', tabIndex: 0, role: 'application' }, map, over);

/** Whom the reader owes what is seen; tools add theirs. */
export const attribution = el('span', { className: 'attribution' }, 'Natural Earth');

export const density = () => Math.min(2, devicePixelRatio || 1);

/** A part of the map on a canvas: `left` and `top` on the map, `width` and `height`
 *  in CSS pixels. */
export function pane(canvas, left, top, width, height, ratio = density()) {
  const brush = canvas.getContext('2d', { alpha: canvas !== map });
  const { scale } = view;
  return {
    brush, left, top, width, height, scale, ratio,
    /** From now on the brush draws in the map's coordinates … */
    onMap: (shift = 0) => brush.setTransform(scale * ratio, 0, 0, scale * ratio, (shift - left) * scale * ratio, -top * scale * ratio),
    /** … or in CSS pixels. */
    onScreen: () => brush.setTransform(ratio, 0, 0, ratio, 0, 0),
    /** Where a point of the map is, in CSS pixels. */
    at: ([x, y]) => [(x - left) * scale, (y - top) * scale],
    sees: ([x0, y0, x1, y1]) => x1 > left && x0 < left + width / scale && y1 > top && y0 < top + height / scale,
  };
}

/** Draws scenes, the lowest first. */
export function drawScenes(pane, some) {
  const { brush, scale } = pane;
  brush.globalAlpha = state.opacity;
  brush.imageSmoothingQuality = some.length > 60 ? 'low' : 'medium';
  pane.onMap();
  for (const scene of some) drawPicture(pane, scene);
  brush.globalAlpha = 1;
  brush.lineWidth = 1.3 / scale;
  brush.strokeStyle = colours.footprint;
  for (const scene of some) brush.stroke(scene.outline);
}

/** Draws the map: land, scenes, areas of interest. */
export function drawMap(pane) {
  const { brush, scale } = pane;
  drawLand(pane, () => drawGraticule(pane));
  below.forEach((painter) => painter(pane));
  const visible = sorted.filter((scene) => scene.visible && pane.sees(scene.box));
  prepare(visible, scale * pane.ratio);
  drawScenes(pane, visible.reverse());
  for (const [width, colour, dashes] of [[4.5, 'halo', []], [2.4, 'aoi', [9 / scale, 5 / scale]]]) {
    brush.lineWidth = width / scale;
    brush.strokeStyle = colours[colour];
    brush.setLineDash(dashes);
    brush.stroke(aoiPath);
  }
  brush.setLineDash([]);
}

/** Draws what lies over the map: labels, tools, marks. */
export function drawOver(pane) {
  const { brush, scale } = pane;
  drawLabels(pane);
  above.forEach((painter) => painter(pane));
  pane.onMap();
  for (const scene of new Set([state.chosen, state.hovered])) {
    if (!scene) continue;
    for (const [width, colour] of [[6, colours.halo], [3, colours.mark]]) {
      brush.lineWidth = width / scale;
      brush.strokeStyle = colour;
      brush.stroke(scene.outline);
    }
  }
}

const drawn = { x: 0, y: 0, scale: 0 };
let cost = 0, pending = null, resting = 0, soon = 0;

function paint() {
  const { width, height, scale, x, y } = view;
  if (!width) return;
  const started = performance.now();
  Object.assign(drawn, { x, y, scale });
  map.style.transform = '';
  drawMap(pane(map, x - width * MARGIN / scale, y - height * MARGIN / scale, width * (1 + 2 * MARGIN), height * (1 + 2 * MARGIN)));
  cost = performance.now() - started;
}
function slide() {
  const [left, top] = [(drawn.x - view.x) * view.scale, (drawn.y - view.y) * view.scale];
  map.style.transform = `translate(${left}px,${top}px) scale(${view.scale / drawn.scale})`;
}
function paintOver() {
  const { width, height, x, y } = view;
  if (!width) return;
  const whole = pane(over, x, y, width, height);
  whole.onScreen();
  whole.brush.clearRect(0, 0, width, height);
  drawOver(whole);
  showScale();
}

function frame(what) {
  if (pending === 'paint') return;
  if (!pending) requestAnimationFrame(() => {
    const todo = pending;
    pending = null;
    if (todo === 'paint') paint();
    else slide();
    paintOver();
  });
  pending = what;
}
on('paint', () => frame('paint'));
on('marks', () => frame('slide'));
// Pictures arrive faster than a large map can be drawn.
on('soon', () => (soon ||= setTimeout(() => { soon = 0; frame('paint'); }, 60 + 4 * cost)));
on('move', () => {
  const grown = view.scale / drawn.scale;
  const [dx, dy] = [Math.abs(drawn.x - view.x) * view.scale, Math.abs(drawn.y - view.y) * view.scale];
  clearTimeout(resting);
  const far = grown > 2 || grown < 0.65 || dx > view.width * MARGIN * 0.95 || dy > view.height * MARGIN * 0.95;
  if (cost < 10 || far) return frame('paint');
  frame('slide');
  resting = setTimeout(() => frame('paint'), 120);
});

export function resize() {
  const { clientWidth: width, clientHeight: height } = stage;
  if (!width || !height) return;
  const first = !view.width;
  const middle = [view.x + view.width / 2 / view.scale, view.y + view.height / 2 / view.scale];
  Object.assign(view, { width, height });
  const ratio = density(), grown = 1 + 2 * MARGIN;
  map.width = Math.round(width * grown * ratio);
  map.height = Math.round(height * grown * ratio);
  const transformOrigin = `${width * MARGIN}px ${height * MARGIN}px`;
  Object.assign(map.style, { width: `${width * grown}px`, height: `${height * grown}px`, left: `${-width * MARGIN}px`, top: `${-height * MARGIN}px`, transformOrigin });
  over.width = width * ratio;
  over.height = height * ratio;
  emit('resize');
  if (first) fit(home);
  else {
    view.x = middle[0] - width / 2 / view.scale;
    view.y = middle[1] - height / 2 / view.scale;
  }
  // At once: a canvas that was given a new size is blank.
  paint();
  paintOver();
}
