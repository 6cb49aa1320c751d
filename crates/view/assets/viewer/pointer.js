// Mouse, pen and touch input on the map. A tool can take it over with a mode.

import { el } from './dom.js';
import { modal } from './keys.js';
import { clamp, toLat, toLon, wrapLon } from './mercator.js';
import { over, stage } from './paint.js';
import { choose, hover, scenesAt, setSelected, state } from './scenes.js';
import { emit, on } from './signals.js';
import { pan, toMap, view, zoom } from './view.js';

/** Current mode, if any: an object with some of
 *    press(point, event)  returns true if the drag that begins belongs to the mode
 *    drag(point), release(point)
 *    click(point, event), double(point), hover(point)
 *    keys { key: act }    precede all other keys
 *    cancel()             called when the mode ends: by Escape, or by another mode
 *    cursor               CSS cursor
 *  Points are in CSS pixels of the window: see toMap. */
export const pointer = { mode: null };
export function setMode(mode) {
  const before = pointer.mode;
  pointer.mode = null;
  before?.cancel?.();
  pointer.mode = mode;
  modal.keys = mode ? { Escape: () => setMode(null), ...mode.keys } : {};
  over.style.cursor = mode?.cursor ?? '';
  hover(null);
  emit('tools');
  emit('marks');
}

export const position = el('span', { className: 'position', title: 'Longitude, latitude' });
function showPosition(point = [view.width / 2, view.height / 2]) {
  const [x, y] = toMap(point);
  const digits = clamp(Math.ceil(Math.log10(view.scale / 360)), 2, 6);
  position.textContent = `${wrapLon(toLon(x)).toFixed(digits)}, ${toLat(y).toFixed(digits)}`;
}
on('move', () => pointers.size || showPosition());

const pointers = new Map();
let distance = 0, isCaptured = false;
const at = (event) => {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
over.addEventListener('pointerdown', (event) => {
  stage.focus({ preventScroll: true });
  over.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, at(event));
  distance = 0;
  isCaptured = pointers.size === 1 && Boolean(pointer.mode?.press?.(at(event), event));
});
over.addEventListener('pointermove', (event) => {
  const here = at(event), before = pointers.get(event.pointerId);
  showPosition(here);
  if (!before) {
    if (pointer.mode) return pointer.mode.hover?.(here);
    const [top = null] = scenesAt(toMap(here));
    hover(top);
    over.style.cursor = top ? 'pointer' : '';
    return;
  }
  const [dx, dy] = [here[0] - before[0], here[1] - before[1]];
  distance += Math.abs(dx) + Math.abs(dy);
  pointers.set(event.pointerId, here);
  if (isCaptured) return pointer.mode?.drag?.(here);
  if (pointers.size === 1) return pan(dx, dy);
  const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
  const apart = (point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
  pan(dx / 2, dy / 2);
  zoom(apart(here) / apart(before), [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2]);
});
function endPointer(event) {
  if (!pointers.delete(event.pointerId)) return;
  if (isCaptured) pointer.mode?.release?.(at(event));
  if (event.type === 'pointercancel' || distance > 4) return;
  if (pointer.mode) return pointer.mode.click?.(at(event), event);
  // A second click at the same position chooses the scene below.
  const found = scenesAt(toMap(at(event)));
  if (event.ctrlKey || event.metaKey || event.shiftKey) return found.length && setSelected(found.slice(0, 1));
  choose(found[(found.indexOf(state.chosen) + 1) % Math.max(1, found.length)] ?? null);
}
over.addEventListener('pointerup', endPointer);
over.addEventListener('pointercancel', endPointer);
over.addEventListener('pointerleave', () => hover(null));
over.addEventListener('dblclick', (event) => (pointer.mode?.double ? pointer.mode.double(at(event)) : zoom(2, at(event))));
over.addEventListener('wheel', (event) => {
  event.preventDefault();
  const speed = event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0016;
  zoom(Math.exp(-event.deltaY * speed), at(event));
}, { passive: false });
