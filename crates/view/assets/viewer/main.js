// Entry point of the map viewer: one page, no network, no dependencies.

import { card } from './card.js';
import { data } from './data.js';
import { el, root } from './dom.js';
import { bar } from './scale_bar.js';
import { help } from './keys.js';
import { attribution, resize, stage } from './paint.js';
import { atlas } from './pictures.js';
import { position } from './pointer.js';
import { scenes, sortScenes } from './scenes.js';
import { addTool, toolbar } from './tools.js';

addTool({ name: 'Keys', icon: 'M7.5 7.5a2.6 2.6 0 1 1 3.6 2.4q-1.1.5-1.1 1.8M10 15h.01', key: '?', what: 'this list', press: () => help.togglePopover() });
stage.ariaLabel = `Map: ${data.title}, ${scenes.length} scenes. Press question mark for the keys.`;
document.documentElement.classList.add('live');
root.prepend(stage, toolbar);
root.append(card, el('div', { className: 'foot' }, bar), el('div', { className: 'foot end' }, position, attribution));
sortScenes('given');
// The first drawing waits for the atlas: one without pictures would only take time.
atlas.catch(() => {}).then(() => {
  resize();
  new ResizeObserver(resize).observe(stage);
});
