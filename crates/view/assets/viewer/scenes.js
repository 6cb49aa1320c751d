// Scenes and their state: shown, isolated, chosen, selected and sorted.

import { data } from './data.js';
import { announce } from './dom.js';
import { addLine, boxOf, inside, project } from './mercator.js';
import { emit } from './signals.js';

export const scenes = data.scenes.map((scene, index) => {
  const rings = scene.rings.map((ring) => ring.map(project));
  const outline = new Path2D();
  rings.forEach((ring) => addLine(outline, ring, true));
  // `shown` by the user, `selected` for copying, `visible` if all filters agree.
  return { ...scene, index, rings, outline, box: boxOf(rings.flat()), shown: true, selected: false, visible: true };
});

export const aois = data.aois.map(({ name, rings }) => ({ name, rings: rings.map((ring) => ring.map(project)) }));
export const aoiPath = new Path2D();
aois.forEach((aoi) => aoi.rings.forEach((ring) => {
  const [west, , east] = boxOf(ring);
  // An area around the whole Earth has no edges along 180°.
  if (east - west < 0.9999) return addLine(aoiPath, ring, true);
  ring.forEach(([x, y], i) => (i && x !== ring[i - 1][0] ? aoiPath.lineTo(x, y) : aoiPath.moveTo(x, y)));
}));
export const aoiBox = aois.length ? boxOf(aois.flatMap((aoi) => aoi.rings.flat())) : null;
/** Bounding box of all content. */
export const contentBox = boxOf([[data.bbox[0], data.bbox[3]], [data.bbox[2], data.bbox[1]]].map(project));

/** State of the viewer: `only` is the set of isolated scenes, `chosen` the one whose card is open.
 *  */
export const state = { only: null, chosen: null, hovered: null, opacity: 1, order: 'given' };

/** Filters, which return whether a scene may be visible; tools add their own. */
export const filters = [(scene) => scene.shown];

/** All scenes, the uppermost first. */
export let sorted = [];

/** Updates the visibility of all scenes and emits the changes. */
export function refresh() {
  for (const scene of scenes) {
    scene.visible = state.only ? state.only.has(scene) : filters.every((filter) => filter(scene));
  }
  emit('change');
  emit('paint');
}

const byDate = (missing, sign) => (a, b) => {
  const [one, other] = [a.datetime ?? missing, b.datetime ?? missing];
  return one === other ? 0 : one > other ? sign : -sign;
};
export const ORDERS = {
  given: ['As found', () => 0],
  newest: ['Newest first', byDate('', -1)],
  oldest: ['Oldest first', byDate('~', 1)],
  clearest: ['Least cloud first', (a, b) => (a.cloud ?? 101) - (b.cloud ?? 101)],
};
export function sortScenes(order) {
  state.order = order;
  const [, compare] = ORDERS[order];
  sorted = [...scenes].sort((a, b) => compare(a, b) || b.index - a.index);
  refresh();
}

/** Shows or hides scenes; `name` is announced to screen readers. */
export function show(some, shown, name) {
  some.forEach((scene) => (scene.shown = shown));
  state.only = null;
  announce(`${name} ${shown ? 'shown' : 'hidden'}`);
  refresh();
}

/** Shows only these scenes. The same scenes again, or none, show all. */
export function isolate(some, name) {
  const same = state.only?.size === some.length && some.every((scene) => state.only.has(scene));
  state.only = same || !some.length ? null : new Set(some);
  announce(state.only ? `Only ${name} shown` : 'All chosen scenes shown');
  refresh();
}
export const isIsolated = (some) => state.only?.size === some.length && some.every((scene) => state.only.has(scene));

/** Chooses a scene, which opens its card; `null` closes the card. */
export function choose(scene) {
  state.chosen = scene;
  if (scene) announce(`${scene.title} chosen`);
  refresh();
}

/** Adds scenes to the selection or removes them. */
export function setSelected(some, selected = !some.every((scene) => scene.selected)) {
  some.forEach((scene) => (scene.selected = selected));
  const count = scenes.filter((scene) => scene.selected).length;
  announce(`${count} scene${count === 1 ? '' : 's'} selected`);
  refresh();
}

export function hover(scene) {
  if (state.hovered === scene) return;
  state.hovered = scene;
  emit('hover');
  emit('marks');
}

/** Returns the visible scenes at a point of the map, the uppermost first. */
export const scenesAt = ([x, y]) => sorted.filter(({ visible, box, rings }) =>
  visible && x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && rings.some((ring) => inside(ring, x, y)));
