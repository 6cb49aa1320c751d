// Saves the view as a PNG: the map without controls, at twice the CSS resolution, with scale bar
// and attribution.

import { data } from './data.js';
import { download, el, stroke } from './dom.js';
import { label } from './graticule.js';
import { scaleLength } from './scale_bar.js';
import { attribution, drawMap, drawOver, pane } from './paint.js';
import { addTool } from './tools.js';
import { view } from './view.js';

const SHARP = 2; // picture pixels per CSS pixel

/** Returns a file name that is valid on every system. */
export const fileName = (ending) => `${data.title.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60).replace(/^-|-$/g, '') || 'map'}.${ending}`;

function snapshot() {
  const { x, y, width, height } = view;
  const canvas = el('canvas', { width: width * SHARP, height: height * SHARP });
  const whole = pane(canvas, x, y, width, height, SHARP);
  drawMap(whole);
  drawOver(whole);
  const { ctx } = whole, { pixels, words } = scaleLength();
  whole.onScreen();
  ctx.font = '12px system-ui,sans-serif';
  ctx.textAlign = 'left';
  label(ctx, words, 12, height - 20);
  ctx.beginPath();
  ctx.rect(12, height - 13, pixels, 0);
  stroke(ctx, [[5, 'sea'], [2, 'ink']]);
  ctx.textAlign = 'right';
  label(ctx, attribution.textContent, width - 12, height - 12);
  return canvas;
}

addTool({
  name: 'Save as picture', icon: 'M10 3v9M6 8l4 4 4-4M4 16h12', key: 's', what: 'save as picture',
  press: () => snapshot().toBlob((blob) => download(fileName('png'), blob)),
});
