// View: the visible part of the map and its scale.

import { clamp, EQUATOR } from './mercator.js';
import { emit } from './signals.js';

/** `scale` is the width of the world in pixels; `x` and `y` are the upper left corner. Controls
 *  cover `left`, `right` and `bottom` pixels. `fitted` holds the last arguments of `fit` until the
 *  user moves the map; they are applied again when the window changes its size. */
export const view = { x: 0, y: 0, scale: 1, width: 0, height: 0, left: 48, right: 0, bottom: 0, fitted: null };

const FARTHEST = 180, NEAREST = 4e8;
const bounded = (scale) => clamp(scale, FARTHEST, NEAREST);

/** Fits the view to a box of the map, with a margin of `room` on each side. */
export function fit(box, room = 0.06) {
  const free = view.width - view.left - view.right, high = view.height - view.bottom;
  const least = 500 / EQUATOR;
  view.scale = bounded(Math.min(free / Math.max(box[2] - box[0], least), high / Math.max(box[3] - box[1], least)) * (1 - 2 * room));
  view.x = (box[0] + box[2]) / 2 - (view.left + free / 2) / view.scale;
  view.y = (box[1] + box[3]) / 2 - high / 2 / view.scale;
  view.fitted = [box, room];
  emit('move');
  emit('paint');
}
export function zoom(factor, at = [view.width / 2, view.height / 2]) {
  const [x, y] = toMap(at);
  view.scale = bounded(view.scale * factor);
  view.fitted = null;
  view.x = x - at[0] / view.scale;
  view.y = y - at[1] / view.scale;
  emit('move');
}
export function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y -= dy / view.scale;
  view.fitted = null;
  emit('move');
}

/** Converts a point of the window to map coordinates; `toWindow` is the inverse. */
export const toMap = ([px, py]) => [view.x + px / view.scale, view.y + py / view.scale];
export const toWindow = ([x, y]) => [(x - view.x) * view.scale, (y - view.y) * view.scale];

export const contains = ([x0, y0, x1, y1]) => {
  const [[left, top], [right, bottom]] = [toWindow([x0, y0]), toWindow([x1, y1])];
  return left >= view.left && top >= 0 && right <= view.width - view.right && bottom <= view.height - view.bottom;
};
/** Fits the view to a box unless it is already visible. */
export const ensureVisible = (box) => contains(box) || fit(box, 0.2);
