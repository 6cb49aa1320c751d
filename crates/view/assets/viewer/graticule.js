// Graticule: lines of longitude and latitude, and their labels.

import { colours, stroke } from './dom.js';
import { toLat, toLon, toX, toY, wrapLon } from './mercator.js';
import { view } from './view.js';

export const graticule = { on: true };

const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
function lines({ left, top, width, height, scale }) {
  const degrees = 360 * view.width / scale;
  const step = STEPS.find((one) => degrees / one >= 4) ?? 0.001;
  const each = (from, to) => {
    const [first, last] = [Math.ceil(from / step), Math.floor(to / step)];
    return Array.from({ length: Math.max(0, Math.min(500, last - first + 1)) }, (_, i) => (first + i) * step);
  };
  return {
    lons: each(toLon(left), toLon(left + width / scale)),
    lats: each(Math.max(-85, toLat(top + height / scale)), Math.min(85, toLat(top))),
    digits: Math.max(0, -Math.floor(Math.log10(step))),
  };
}

export function drawGraticule(pane) {
  if (!graticule.on) return;
  const { ctx, left, top, scale, width, height } = pane;
  const { lons, lats } = lines(pane);
  pane.onScreen();
  ctx.beginPath();
  for (const lon of lons) {
    const x = Math.round((toX(lon) - left) * scale) + 0.5;
    ctx.moveTo(x, 0);
    ctx.lineTo(x, height);
  }
  for (const lat of lats) {
    const y = Math.round((toY(lat) - top) * scale) + 0.5;
    ctx.moveTo(0, y);
    ctx.lineTo(width, y);
  }
  stroke(ctx, [[1, 'grid']]);
}

/** Writes a text with an outline, so that it is readable on any background. */
export function label(ctx, text, x, y) {
  ctx.fillStyle = colours.quiet;
  ctx.strokeStyle = colours.sea;
  ctx.lineWidth = 3;
  ctx.lineJoin = 'round';
  ctx.strokeText(text, x, y);
  ctx.fillText(text, x, y);
}
export function drawLabels(pane) {
  if (!graticule.on) return;
  const { ctx, width, height } = pane;
  const { lons, lats, digits } = lines(pane);
  pane.onScreen();
  ctx.font = '10px system-ui,sans-serif';
  ctx.textAlign = 'center';
  for (const lon of lons) {
    const [x] = pane.at([toX(lon), 0]);
    if (x > 20 && x < width - view.right - 20) label(ctx, `${wrapLon(lon).toFixed(digits)}°`, x, 12);
  }
  ctx.textAlign = 'left';
  for (const lat of lats) {
    const [, y] = pane.at([0, toY(lat)]);
    if (y > 20 && y < height - 60) label(ctx, `${lat.toFixed(digits)}°`, 50, y + 3);
  }
}
