// Card of the chosen scene: its properties, and code that selects it.

import { data } from './data.js';
import { button, copyText, el, ICONS, textButton } from './dom.js';
import { dateText, percent, quoted } from './list.js';
import { stage } from './paint.js';
import { choose, isolate, scenesAt, setSelected, state } from './scenes.js';
import { on } from './signals.js';
import { fit, view } from './view.js';

/** Returns Rust code that selects scenes by their ids, or only the ids if the map has no code. */
export function snippet(some) {
  const ids = some.map((scene) => quoted(scene.id)).join(', ');
  return data.snippet?.replace('{ids}', () => ids) ?? ids;
}

export const card = el('section', { className: 'card box', hidden: true, 'aria-label': 'Scene' });
let opened = null;
on('change', () => {
  const scene = state.chosen;
  card.hidden = !scene;
  view.left = scene && view.width >= 720 ? 364 : 48;
  if (!scene || scene === opened) return void (opened = scene);
  opened = scene;
  const below = scenesAt([(scene.box[0] + scene.box[2]) / 2, (scene.box[1] + scene.box[3]) / 2]).length;
  // Properties of the catalog override facts of the same name.
  const facts = new Map([['Acquired', dateText(scene)], ['Cloud', scene.cloud == null ? '–' : percent(scene.cloud)], ['Collection', scene.collection], ['Constellation', scene.constellation], ...scene.properties]);
  const copy = textButton('Copy id', () => copyText(scene.id, copy));
  const use = textButton('Use this scene', () => copyText(snippet([scene]), use), { title: `Copy ${snippet([scene])}` });
  card.replaceChildren(
    el('header', {}, el('b', { dir: 'auto' }, scene.title), button('Close', ICONS.close, () => { choose(null); stage.focus(); }, 'Esc')),
    // Shown without characters that change the text direction; the copy has them.
    el('code', { dir: 'ltr' }, scene.id.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')),
    el('dl', {}, ...[...facts].filter(([, value]) => value).flatMap(([key, value]) => [el('dt', {}, key), el('dd', { dir: 'auto' }, value)])),
    el('footer', {}, copy, data.snippet ? use : null, textButton('Zoom to', () => fit(scene.box, 0.15)),
      textButton('Isolate', () => isolate([scene], scene.title)), textButton('Select', () => setSelected([scene]))),
    below > 1 ? el('p', {}, `${below} scenes lie over each other here: click again for the next.`) : '');
});
