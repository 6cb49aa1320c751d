// Georeferencing: the transformation from the pixels of a picture to its four corners.

import { el } from './dom.js';
import { addLine, boxOf, clamp, project, RADIAN } from './mercator.js';

const cross = ([a, b, c], [d, e, f]) => [b * f - c * e, c * d - a * f, a * e - b * d];
const dot = ([a, b, c], [d, e, f]) => a * d + b * e + c * f;

/** Returns the projective transformation from the unit square to four corners, a function of u and
 *  v: straight on the ground for a flat picture, otherwise in degrees (see homography.rs). */
export function projective(corners, flat) {
  const [[west, south]] = corners;
  const [a, b, c, d] = corners.map(([lon, lat]) => {
    const [x, y] = [(lon - west) * RADIAN, lat * RADIAN];
    return flat ? [Math.cos(y) * Math.cos(x), Math.cos(y) * Math.sin(x), Math.sin(y)] : [lon - west, lat - south, 1];
  });
  const [p, q, r] = [-dot(c, cross(b, d)), dot(a, cross(c, d)), dot(a, cross(b, c))];
  const sign = Math.sign(dot(a, cross(b, d)));
  return (u, v) => {
    const [x, y, z] = [0, 1, 2].map((i) => sign * ((1 - u - v) * p * a[i] + u * q * b[i] + v * r * d[i]));
    return flat ? [west + Math.atan2(y, x) / RADIAN, Math.atan2(z, Math.hypot(x, y)) / RADIAN] : [west + x / z, south + y / z];
  };
}

/** Returns the affine matrix that approximately maps the unit square to the map, and its error.
 *  Most footprints are nearly parallelograms, for which the error is below a pixel. */
export function affineFit(corners, flat) {
  const forward = projective(corners, flat);
  const at = (u, v) => project(forward(u, v));
  const [middle, right, below] = [at(0.5, 0.5), at(1, 0.5), at(0.5, 1)];
  const [a, b] = [0, 1].map((i) => (right[i] - middle[i]) * 2);
  const [c, d] = [0, 1].map((i) => (below[i] - middle[i]) * 2);
  const [e, f] = [middle[0] - (a + c) / 2, middle[1] - (b + d) / 2];
  const off = [[0, 0], [1, 0], [1, 1], [0, 1], [0.25, 0.25], [0.75, 0.75]].map(([u, v]) => {
    const [x, y] = at(u, v);
    return Math.hypot(a * u + c * v + e - x, b * u + d * v + f - y);
  });
  return { at, matrix: [a, b, c, d, e, f], error: Math.max(...off) };
}

/** Redraws a picture once with its exact transformation, in many small affine pieces. */
export function warped({ bitmap, x, y, width, height }, { at, matrix: [a, b, c, d], error }) {
  const pixel = Math.min(Math.hypot(a, b) / width, Math.hypot(c, d) / height);
  const n = clamp(Math.ceil(Math.sqrt(error / pixel * 6)), 2, 40);
  const mesh = Array.from({ length: (n + 1) ** 2 }, (_, k) => at(k % (n + 1) / n, Math.floor(k / (n + 1)) / n));
  const [x0, y0, x1, y1] = boxOf(mesh);
  const step = Math.max(pixel / 1.2, (x1 - x0) / 2000, (y1 - y0) / 2000);
  const canvas = el('canvas', { width: Math.ceil((x1 - x0) / step), height: Math.ceil((y1 - y0) / step) });
  const ctx = canvas.getContext('2d');
  const [w, h] = [width / n, height / n];
  const to = (i, j) => mesh[j * (n + 1) + i].map((value, k) => (value - (k ? y0 : x0)) / step);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const quad = [to(i, j), to(i + 1, j), to(i + 1, j + 1), to(i, j + 1)];
      const [p, q, r, s] = quad;
      // Pieces overlap slightly, so that the background is not visible between them.
      const middle = [0, 1].map((k) => (p[k] + q[k] + r[k] + s[k]) / 4);
      const piece = new Path2D();
      addLine(piece, quad.map((point) => point.map((value, k) => value + Math.sign(value - middle[k]) * 0.7)), true);
      ctx.save();
      ctx.clip(piece);
      ctx.transform((q[0] - p[0] + r[0] - s[0]) / 2 / w, (q[1] - p[1] + r[1] - s[1]) / 2 / w, (s[0] - p[0] + r[0] - q[0]) / 2 / h, (s[1] - p[1] + r[1] - q[1]) / 2 / h, p[0], p[1]);
      // Each piece draws the whole picture, clipped, which avoids seams at cut edges.
      ctx.drawImage(bitmap, x, y, width, height, -i * w, -j * h, width, height);
      ctx.restore();
    }
  }
  return { bitmap: canvas, x: 0, y: 0, width: canvas.width, height: canvas.height, matrix: [canvas.width * step, 0, 0, canvas.height * step, x0, y0], bytes: canvas.width * canvas.height * 4 };
}
