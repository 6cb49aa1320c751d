// What is seen as a PNG: the map without its controls, twice as sharp as an old
// screen, with its scale and whom the reader owes it.

import { data } from './data.js';
import { download, el, stroke } from './elements.js';
import { label, scaleLength } from './graticule.js';
import { attribution, drawMap, drawOver, pane } from './paint.js';
import { addTool } from './tools.js';
import { view } from './view.js';

const SHARP = 2; // pixels of the picture for one of CSS

/** A file's name that every system takes. */
export const fileName = (ending) => `${data.title.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60).replace(/^-|-$/g, '') || 'map'}.${ending}`;

function snapshot() {
  const { x, y, width, height } = view;
  const canvas = el('canvas', { width: width * SHARP, height: height * SHARP });
  const whole = pane(canvas, x, y, width, height, SHARP);
  drawMap(whole);
  drawOver(whole);
  const { brush } = whole, { pixels, words } = scaleLength();
  whole.onScreen();
  brush.font = '12px system-ui,sans-serif';
  brush.textAlign = 'left';
  label(brush, words, 12, height - 20);
  brush.beginPath();
  brush.rect(12, height - 13, pixels, 0);
  stroke(brush, [[5, 'sea'], [2, 'ink']]);
  brush.textAlign = 'right';
  label(brush, attribution.textContent, width - 12, height - 12);
  return canvas;
}

addTool({
  name: 'Save as picture', icon: 'M10 3v9M6 8l4 4 4-4M4 16h12', key: 's', what: 'save as picture',
  press: () => snapshot().toBlob((blob) => download(fileName('png'), blob)),
});
