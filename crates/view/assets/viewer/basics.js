// Basic tools: zoom in, zoom out, fit all, fit area, graticule, full screen; and the keys for the
// chosen scene.

import { announce, ICONS, root } from './dom.js';
import { graticule } from './graticule.js';
import { addKeys, help } from './keys.js';
import { aoiBox, choose, contentBox, isolate, scenes, setSelected, show, state } from './scenes.js';
import { emit } from './signals.js';
import { addTool } from './tools.js';
import { fit, zoom } from './view.js';

addTool({ name: 'Zoom in', icon: ICONS.plus, press: () => zoom(1.6) });
addTool({ name: 'Zoom out', icon: ICONS.minus, press: () => zoom(1 / 1.6) });
addTool({ name: 'Fit all', icon: ICONS.all, key: '0', press: () => fit(contentBox) });
if (aoiBox) addTool({ name: 'Fit area of interest', icon: ICONS.aoi, key: 'a', press: () => fit(aoiBox) });
addTool({ name: 'Graticule', icon: ICONS.grid, key: 'g', isOn: () => graticule.on, press: () => {
  graticule.on = !graticule.on;
  emit('paint');
} });
addTool({ name: 'Fullscreen', icon: ICONS.full, key: 'f', press: () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => announce('Fullscreen is not allowed here'));
} });

const withChosen = (act) => () => state.chosen && act(state.chosen);
if (scenes.length) {
  addKeys('Enter', 'zoom to it', { Enter: withChosen((scene) => fit(scene.box, 0.15)) });
  addKeys('Space', 'show or hide it', { ' ': withChosen((scene) => show([scene], !scene.shown, scene.title)) });
  addKeys('I', 'show only it', { i: withChosen((scene) => isolate([scene], scene.title)) });
  addKeys('X', 'select it', { x: withChosen((scene) => setSelected([scene])) });
}
addKeys('Esc', 'close, show all', { Escape: () => {
  if (help.matches(':popover-open')) help.hidePopover();
  else if (state.only) isolate([]);
  else choose(null);
} });
