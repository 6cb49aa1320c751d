// The scale bar.

import { el } from './dom.js';
import { EQUATOR, RADIAN, toLat } from './mercator.js';
import { view } from './view.js';

export const bar = el('div', { className: 'bar', 'aria-label': 'Scale' });

/** Returns the longest of 1, 2, 5, 10 … metres that is at most `most` pixels in the middle of the
 *  view. */
export function scaleLength(most = 120) {
  const metres = EQUATOR * Math.cos(toLat(view.y + view.height / 2 / view.scale) * RADIAN) / view.scale;
  const power = 10 ** Math.floor(Math.log10(metres * most));
  const length = [5, 2, 1].map((step) => step * power).find((one) => one <= metres * most);
  return { pixels: length / metres, words: length >= 1000 ? `${length / 1000} km` : `${length} m` };
}
export function showScale() {
  const { pixels, words } = scaleLength();
  bar.style.width = `${pixels}px`;
  bar.textContent = words;
}
