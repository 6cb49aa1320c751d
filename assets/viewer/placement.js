// Where a picture lies: the map from its pixels to its four corners.

import { el } from './elements.js';
import { boxOf, place, trace } from './mercator.js';

/** The map from the unit square to a quad of points that keeps lines straight
 *  (Heckbert 1989), as a function of u and v. */
export function projective([[x0, y0], ...rest]) {
  const [[x1, y1], [x2, y2], [x3, y3]] = rest.map(([x, y]) => [x - x0, y - y0]);
  const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const [sx, sy, det] = [x2 - x1 - x3, y2 - y1 - y3, dx1 * dy2 - dx2 * dy1];
  const g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
  return (u, v) => {
    const w = g * u + h * v + 1;
    return [x0 + ((1 + g) * x1 * u + (1 + h) * x3 * v) / w, y0 + ((1 + g) * y1 * u + (1 + h) * y3 * v) / w];
  };
}

/** The matrix that lays the unit square on the map nearly, and how far from right
 *  it is. Most footprints are nearly parallelograms, where that is no pixel. */
export function nearly(corners) {
  const forward = projective(corners);
  const at = (u, v) => place(forward(u, v));
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

/** A picture drawn anew once, in so many pieces that each is exact. */
export function warped({ bitmap, x, y, width, height }, corners, { at, matrix: [a, b, c, d], error }) {
  const pixel = Math.min(Math.hypot(a, b) / width, Math.hypot(c, d) / height);
  const n = Math.min(40, Math.max(2, Math.ceil(Math.sqrt(error / pixel * 6))));
  const [x0, y0, x1, y1] = boxOf(corners.map(place));
  const step = Math.max(pixel / 1.2, (x1 - x0) / 2000, (y1 - y0) / 2000);
  const canvas = el('canvas', { width: Math.ceil((x1 - x0) / step), height: Math.ceil((y1 - y0) / step) });
  const brush = canvas.getContext('2d');
  const [w, h] = [width / n, height / n];
  const to = (i, j) => at(i / n, j / n).map((value, k) => (value - (k ? y0 : x0)) / step);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const quad = [to(i, j), to(i + 1, j), to(i + 1, j + 1), to(i, j + 1)];
      const [p, q, r, s] = quad;
      // Neighbours overlap a little, or the background would shine through.
      const middle = [0, 1].map((k) => (p[k] + q[k] + r[k] + s[k]) / 4);
      const piece = new Path2D();
      trace(piece, quad.map((point) => point.map((value, k) => value + Math.sign(value - middle[k]) * 0.7)), true);
      brush.save();
      brush.clip(piece);
      brush.transform((q[0] - p[0] + r[0] - s[0]) / 2 / w, (q[1] - p[1] + r[1] - s[1]) / 2 / w, (s[0] - p[0] + r[0] - q[0]) / 2 / h, (s[1] - p[1] + r[1] - q[1]) / 2 / h, p[0], p[1]);
      // The whole picture lies under each piece: no seams from cut edges.
      brush.drawImage(bitmap, x, y, width, height, -i * w, -j * h, width, height);
      brush.restore();
    }
  }
  return { bitmap: canvas, x: 0, y: 0, width: canvas.width, height: canvas.height, matrix: [canvas.width * step, 0, 0, canvas.height * step, x0, y0], bytes: canvas.width * canvas.height * 4 };
}
