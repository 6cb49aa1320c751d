// The toolbar, and the one way in which tools come into it.

import { button, el } from './elements.js';
import { addKeys } from './keys.js';
import { on } from './signals.js';

export const toolbar = el('div', { className: 'tools box', role: 'toolbar', 'aria-label': 'Map', 'aria-orientation': 'vertical' });
const updates = [];
const update = () => updates.forEach((one) => one());

/** Adds a button: `icon` is a path on 20 × 20, `key` the small letter or sign that
 *  does the same, `what` its words in the help, and `isOn`, where the tool can be
 *  on, says whether it is. Gives the button. */
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

// One stop for the tabulator; arrows go from tool to tool.
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
