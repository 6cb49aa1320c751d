// Web Mercator with the world from 0 to 1, relative to the middle of the data, so that the single
// precision of canvas paths is enough at any zoom.

import { data } from './data.js';

export const RADIAN = Math.PI / 180;
export const EQUATOR = 40075016.7; // metres

export const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

const mercator = (lat) => {
  const sine = Math.sin(clamp(lat, -85.0511, 85.0511) * RADIAN);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};
export const origin = (([west, south, east, north]) => [(west + east) / 720 + 0.5, (mercator(south) + mercator(north)) / 2])(data.bbox);
export const toX = (lon) => lon / 360 + 0.5 - origin[0];
export const toY = (lat) => mercator(lat) - origin[1];
export const toLon = (x) => (x + origin[0] - 0.5) * 360;
export const toLat = (y) => Math.atan(Math.sinh((0.5 - y - origin[1]) * 2 * Math.PI)) / RADIAN;
/** Converts longitude and latitude to map coordinates. */
export const project = ([lon, lat]) => [toX(lon), toY(lat)];
/** Normalizes a longitude to −180° to 180°. */
export const wrapLon = (lon) => ((lon + 540) % 360 + 360) % 360 - 180;

export const boxOf = (points) => points.reduce(
  ([a, b, c, d], [x, y]) => [Math.min(a, x), Math.min(b, y), Math.max(c, x), Math.max(d, y)],
  [Infinity, Infinity, -Infinity, -Infinity]);

export const addLine = (path, points, close) => {
  points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  if (close) path.closePath();
};

export const inside = (ring, x, y) => {
  let is = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [ring[i], ring[j]];
    if ((a[1] > y) !== (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) is = !is;
  }
  return is;
};
