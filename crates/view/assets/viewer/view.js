// The window on the map: what part of it is seen, and how large.

import { clamp, EQUATOR } from './mercator.js';
import { emit } from './signals.js';

/** `scale` is pixels for the whole world; x and y are the upper left corner.
 *  `left`, `right` and `bottom` pixels are covered by controls. `fitted` is what was fitted
 *  last, until the hand moves the map: a window of another size shows it too. */
export const view = { x: 0, y: 0, scale: 1, width: 0, height: 0, left: 48, right: 0, bottom: 0, fitted: null };

const FARTHEST = 180, NEAREST = 4e8;
const bounded = (scale) => clamp(scale, FARTHEST, NEAREST);

/** Moves to a box of the map, with some room around it. */
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

/** From a point of the window to the map, and back. */
export const toMap = ([px, py]) => [view.x + px / view.scale, view.y + py / view.scale];
export const toWindow = ([x, y]) => [(x - view.x) * view.scale, (y - view.y) * view.scale];

export const contains = ([x0, y0, x1, y1]) => {
  const [[left, top], [right, bottom]] = [toWindow([x0, y0]), toWindow([x1, y1])];
  return left >= view.left && top >= 0 && right <= view.width - view.right && bottom <= view.height - view.bottom;
};
/** Moves there unless it is in sight already. */
export const bring = (box) => contains(box) || fit(box, 0.2);
