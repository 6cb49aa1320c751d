// Drawing of the map. It is drawn on a canvas (sheet) larger than the window, so that panning only
// moves the sheet. There are two sheets: when the upper one no longer covers the window, or the
// view has stopped moving, the lower one is drawn, a part in each frame, and becomes the upper one
// when it is complete. So no frame takes long, however many scenes there are. Content that follows
// the pointer immediately is on a canvas above both.

import { uncovered } from './cover.js';
import { el, stroke } from './dom.js';
import { drawGraticule, drawLabels } from './graticule.js';
import { showScale } from './scale_bar.js';
import { drawLand } from './land.js';
import { drawPicture, hasPicture, isSettled, prepare } from './pictures.js';
import { emit, on } from './signals.js';
import { aoiPath, contentBox, sorted, state } from './scenes.js';
import { fit, toMap, view } from './view.js';

/** Painters of tools, called with a pane: `below` draws between land and scenes, `above` over
 *  everything, in each frame. */
export const below = [];
export const above = [];

const MARGIN = 0.25; // of the window, drawn on each side
const STEP = 150; // small pictures drawn in one frame; a large one counts for many
let [upper, lower] = [1, 2].map(() => ({ canvas: el('canvas', { className: 'sheet' }), x: 0, y: 0, scale: 0 }));
export const over = el('canvas', { className: 'over' });
export const stage = el('div', { className: 'stage', tabIndex: 0, role: 'application' }, upper.canvas, lower.canvas, over);

/** Attribution of the data; tools add theirs. */
export const attribution = el('span', { className: 'attribution' }, 'Natural Earth');

export const density = () => Math.min(2, devicePixelRatio || 1);

/** Returns a part of the map on a canvas: `left` and `top` in map coordinates, `width` and `height`
 *  in CSS pixels. */
export function pane(canvas, left, top, width, height, ratio = density()) {
  const ctx = canvas.getContext('2d', { alpha: !canvas.matches('.sheet') });
  const { scale } = view;
  return {
    ctx, left, top, width, height, scale, ratio,
    /** Sets the context to map coordinates. */
    onMap: (shift = 0) => ctx.setTransform(scale * ratio, 0, 0, scale * ratio, (shift - left) * scale * ratio, -top * scale * ratio),
    /** Sets the context to CSS pixels. */
    onScreen: () => ctx.setTransform(ratio, 0, 0, ratio, 0, 0),
    /** Converts a point of the map to CSS pixels. */
    at: ([x, y]) => [(x - left) * scale, (y - top) * scale],
    intersects: ([x0, y0, x1, y1]) => x1 > left && x0 < left + width / scale && y1 > top && y0 < top + height / scale,
  };
}

/** Draws scenes, the lowest first: the pictures of `shown`, the outlines of `some`. */
function* sceneParts(pane, some, shown) {
  const { ctx, scale, ratio, width, height } = pane;
  const many = some.length > STEP;
  let work = 0;
  pane.onMap();
  for (const scene of shown) {
    ctx.globalAlpha = state.opacity;
    ctx.imageSmoothingQuality = many ? 'low' : 'medium';
    drawPicture(pane, scene);
    const [x0, y0, x1, y1] = scene.box;
    work += 1 + Math.min(width, (x1 - x0) * scale) * Math.min(height, (y1 - y0) * scale) * ratio ** 2 / 2e4;
    if (work < STEP) continue;
    work = 0;
    yield;
  }
  // Lines thinner than a pixel are drawn four times as fast.
  const lines = [[(many ? 0.99 : 1.3) / scale, 'footprint']];
  ctx.globalAlpha = many ? 0.6 : 1;
  for (const scene of some) stroke(ctx, lines, scene.outline);
  ctx.globalAlpha = 1;
}

/** Draws the map in parts: land, scenes, areas of interest. With `only` just these scenes, the
 *  lowest first. */
function* mapParts(pane, only) {
  const { ctx, scale } = pane;
  drawLand(pane, () => drawGraticule(pane));
  below.forEach((painter) => painter(pane));
  const visible = only?.toReversed() ?? sorted.filter((scene) => scene.visible && pane.intersects(scene.box));
  const shown = only ? visible : (state.opacity < 1 ? visible : uncovered(visible, 1.5 / scale));
  if (!only) {
    prepare(shown, scale * pane.ratio);
    isComplete = shown.every(hasPicture);
  }
  yield* sceneParts(pane, visible.toReversed(), shown.toReversed());
  stroke(ctx, [[4.5 / scale, 'halo']], aoiPath);
  ctx.setLineDash([9 / scale, 5 / scale]);
  stroke(ctx, [[2.4 / scale, 'aoi']], aoiPath);
  ctx.setLineDash([]);
}

/** Draws the map at once. */
export function drawMap(pane, only) {
  const parts = mapParts(pane, only);
  while (!parts.next().done);
}

/** Draws tools, labels and marks above the map. */
export function drawOver(pane) {
  const { ctx, scale } = pane;
  above.forEach((painter) => painter(pane));
  drawLabels(pane);
  pane.onMap();
  for (const scene of new Set([state.chosen, state.hovered])) {
    if (scene) stroke(ctx, [[6 / scale, 'halo'], [3 / scale, 'mark']], scene.outline);
  }
}

let isComplete = false, started = 0, cost = 0;
let job = null, dirty = false, isRequested = false, restTimer = 0, paintTimer = 0;

/** Starts drawing the current view on the lower sheet. */
function beginSheet() {
  const { width, height, scale, x, y } = view;
  const { canvas } = lower;
  const grown = 1 + 2 * MARGIN, ratio = density();
  const size = [Math.round(width * grown * ratio), Math.round(height * grown * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    const transformOrigin = `${width * MARGIN}px ${height * MARGIN}px`;
    Object.assign(canvas.style, { width: `${width * grown}px`, height: `${height * grown}px`, left: `${-width * MARGIN}px`, top: `${-height * MARGIN}px`, transformOrigin });
  }
  Object.assign(lower, { x, y, scale });
  dirty = false;
  started = performance.now();
  job = mapParts(pane(canvas, x - width * MARGIN / scale, y - height * MARGIN / scale, width * grown, height * grown));
}
/** Draws the next part of the lower sheet, or all of it; when it is complete, swaps the sheets. */
function proceed(all) {
  let ended;
  do ended = job.next().done; while (all && !ended);
  if (!ended) return;
  job = null;
  [upper, lower] = [lower, upper];
  upper.canvas.style.zIndex = 1;
  lower.canvas.style.zIndex = 0;
  requestAnimationFrame(() => (cost = performance.now() - started));
  // Marks for tests and measurements: everything visible is drawn; it has its final sharpness.
  if (isComplete) {
    performance.mark('shown');
    requestAnimationFrame(() => document.documentElement.classList.add('shown'));
  }
  if (isSettled() && !dirty && !paintTimer) performance.mark('sharp');
}
function moveSheets() {
  for (const { canvas, x, y, scale } of [upper, lower]) {
    if (scale) canvas.style.transform = `translate(${(x - view.x) * view.scale}px,${(y - view.y) * view.scale}px) scale(${view.scale / scale})`;
  }
}
function paintOver() {
  const { width, height, x, y } = view;
  const whole = pane(over, x, y, width, height);
  whole.onScreen();
  whole.ctx.clearRect(0, 0, width, height);
  drawOver(whole);
  showScale();
}

function frame() {
  isRequested = false;
  if (!view.width) return;
  if (dirty && !job) beginSheet();
  if (job) proceed();
  moveSheets();
  paintOver();
  if (job || dirty) requestFrame();
}
function requestFrame() {
  if (!isRequested) requestAnimationFrame(frame);
  isRequested = true;
}
function repaint() {
  dirty = true;
  requestFrame();
}
on('paint', repaint);
on('marks', requestFrame);
// Delayed, since pictures arrive faster than a large map can be drawn.
on('soon', () => (paintTimer ||= setTimeout(() => { paintTimer = 0; repaint(); }, Math.max(120, 4 * cost))));
on('move', () => {
  const drawn = job ? lower : upper;
  const grown = view.scale / drawn.scale;
  const [dx, dy] = [Math.abs(drawn.x - view.x) * view.scale, Math.abs(drawn.y - view.y) * view.scale];
  clearTimeout(restTimer);
  if (grown > 2 || grown < 0.65 || dx > view.width * MARGIN * 0.9 || dy > view.height * MARGIN * 0.9) return repaint();
  requestFrame();
  restTimer = setTimeout(repaint, 120);
});

export function resize() {
  const { clientWidth: width, clientHeight: height } = stage;
  if (!width || !height || (width === view.width && height === view.height)) return;
  if (!view.width) view.fitted = [contentBox];
  const middle = toMap([view.width / 2, view.height / 2]);
  Object.assign(view, { width, height });
  [over.width, over.height] = [width * density(), height * density()];
  emit('resize');
  if (view.fitted) fit(...view.fitted);
  else {
    view.x = middle[0] - width / 2 / view.scale;
    view.y = middle[1] - height / 2 / view.scale;
  }
  // At once, since a canvas is blank after a change of its size.
  beginSheet();
  proceed(true);
  moveSheets();
  paintOver();
}
