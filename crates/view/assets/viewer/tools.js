// Toolbar, and the function that adds tools to it.

import { button, el } from './dom.js';
import { addKeys } from './keys.js';
import { on } from './signals.js';

export const toolbar = el('div', { className: 'tools box', role: 'toolbar', 'aria-label': 'Map', 'aria-orientation': 'vertical' });
const updates = [];
const update = () => updates.forEach((one) => one());

/** Adds a button and returns it: `icon` is a path on 20 × 20, `key` its shortcut (a lower-case
 *  letter or a symbol), `what` its text in the help, and `isOn` returns whether the tool is on. */
export function addTool({ name, icon, key, shown = key?.toUpperCase(), what = name.toLowerCase(), press, isOn }) {
  const act = () => {
    press();
    update();
  };
  const node = button(name, icon, act, shown);
  if (isOn) updates.push(() => (node.ariaPressed = String(Boolean(isOn()))));
  if (key) addKeys(shown, what, { [key]: act });
  toolbar.append(node);
  update();
  return node;
}
on('change', update);
on('tools', update);

// A single tab stop; arrow keys move between tools.
toolbar.addEventListener('focusin', ({ target }) => {
  for (const node of toolbar.children) node.tabIndex = node === target ? 0 : -1;
});
toolbar.addEventListener('keydown', (event) => {
  const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  event.stopPropagation();
  const nodes = [...toolbar.children].filter((node) => !node.hidden);
  nodes[(nodes.indexOf(document.activeElement) + by + nodes.length) % nodes.length].focus();
});
