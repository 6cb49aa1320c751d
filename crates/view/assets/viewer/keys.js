// Keyboard shortcuts, and the help that lists them.

import { el, root } from './dom.js';
import { pan, zoom } from './view.js';
import { stage } from './paint.js';

const acts = {};
const listed = el('dl');
export const help = el('div', { className: 'help box', popover: 'auto', 'aria-label': 'Keys' }, el('b', {}, 'Keys'), listed);
root.append(help);

/** Keys of the current pointer mode, which precede all others. */
export const modal = { keys: {} };

/** Adds actions by `KeyboardEvent.key`, letters in lower case; the help shows `shown` and `what`.
 *  */
export function addKeys(shown, what, keys) {
  Object.assign(acts, keys);
  listed.append(el('dt', {}, el('kbd', {}, shown)), el('dd', {}, what));
}
addKeys('Arrows', 'pan', { ArrowLeft: () => pan(80, 0), ArrowRight: () => pan(-80, 0), ArrowUp: () => pan(0, 80), ArrowDown: () => pan(0, -80) });
addKeys('+ −', 'zoom', { '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1 / 1.5) });

// Anywhere in the document, since the map is the only content of its page or frame.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.matches('select, textarea, input:not([type=checkbox])') && event.key !== 'Escape') return;
  // Space and Enter activate the control that has the focus.
  if (event.target !== stage && (event.key === ' ' || event.key === 'Enter')) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = modal.keys[key] ?? acts[key];
  if (!act) return;
  event.preventDefault();
  // The notebook has its own shortcuts.
  event.stopPropagation();
  act();
});
