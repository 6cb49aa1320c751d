// Packs Natural Earth (TopoJSON, from the npm package `world-atlas`) into our
// small binary files. Run by hand, only when the data should change:
//
//   npm install --prefix /tmp/atlas world-atlas@2.0.2
//   node pack.mjs /tmp/atlas/node_modules/world-atlas
//
// FORMAT. All numbers are unsigned LEB128 varints; coordinates are zigzag
// encoded. Land is cut into cells, so that a map takes only what it shows.
//
//   file  = units per degree, cell size in degrees, columns, rows,
//           byte length of each cell (row by row from the south-west), cells
//   cell  = nothing, or: rings, borders
//   rings, borders = count, then each: number of points, then x and y of each
//           point as the difference from the one before (the first from 0, 0)
//
// Rings are land, to be filled even-odd and closed implicitly. A piece of a ring
// that runs along the edge of its cell is a cut, not a coast. Borders are lines
// between countries, drawn once.

import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

const source = process.argv[2] ?? 'node_modules/world-atlas';
const here = import.meta.dirname;

for (const [name, units, cell] of [['110m', 100, 360], ['50m', 250, 10], ['10m', 1000, 2]]) {
  const input = readFileSync(join(source, `countries-${name}.json`));
  const bytes = pack(JSON.parse(input), units, cell);
  writeFileSync(join(here, `land-${name}.bin`), bytes);
  const hash = (data) => createHash('sha256').update(data).digest('hex');
  console.log(`land-${name}.bin ${bytes.length} bytes, ${hash(bytes)}, from countries-${name}.json ${hash(input)}`);
}

function pack(topology, units, cell) {
  const columns = 360 / cell, rows = Math.ceil(180 / cell), step = cell * units;
  const west = -180 * units, south = -90 * units;
  const { rings, borders } = shapes(topology, units);
  const cells = Array.from({ length: columns * rows }, () => ({ rings: [], borders: [] }));

  // Repeated halving keeps the cutting of huge rings nearly linear.
  const columnsOf = (ring, from, to, visit) => {
    if (ring.length < 3) return;
    if (to - from === 1) return visit(ring, from);
    const middle = (from + to) >> 1, at = west + middle * step;
    columnsOf(clip(ring, 0, at, -1), from, middle, visit);
    columnsOf(clip(ring, 0, at, 1), middle, to, visit);
  };
  const rowsOf = (ring, from, to, visit) => {
    if (ring.length < 3) return;
    if (to - from === 1) return visit(ring, from);
    const middle = (from + to) >> 1, at = south + middle * step;
    rowsOf(clip(ring, 1, at, -1), from, middle, visit);
    rowsOf(clip(ring, 1, at, 1), middle, to, visit);
  };
  for (const ring of rings.flatMap((ring) => cutAtAntimeridian(ring, units))) {
    columnsOf(ring, 0, columns, (part, column) => {
      rowsOf(part, 0, rows, (piece, row) => cells[row * columns + column].rings.push(piece));
    });
  }
  // A border is not cut exactly: each segment is put into the cell of its middle.
  for (const line of borders) {
    let last = null;
    for (let i = 1; i < line.length; i++) {
      const [a, b] = [line[i - 1], line[i]];
      if (Math.abs(a[0] - b[0]) > 180 * units) continue;
      const column = Math.min(columns - 1, Math.floor(((a[0] + b[0]) / 2 - west) / step));
      const row = Math.min(rows - 1, Math.floor(((a[1] + b[1]) / 2 - south) / step));
      const target = cells[row * columns + column].borders;
      if (last !== target) target.push([a]);
      target.at(-1).push(b);
      last = target;
    }
  }
  const packed = cells.map(({ rings, borders }) => {
    const out = [];
    const tidied = [rings.map(tidyRing).filter((ring) => ring.length > 2), borders.map(tidy)];
    if (tidied.every((list) => list.length === 0)) return out;
    for (const list of tidied) {
      varint(out, list.length);
      for (const points of list) {
        varint(out, points.length);
        let x = 0, y = 0;
        for (const [px, py] of points) {
          zigzag(out, px - x);
          zigzag(out, py - y);
          [x, y] = [px, py];
        }
      }
    }
    return out;
  });
  const head = [];
  for (const value of [units, cell, columns, rows]) varint(head, value);
  for (const one of packed) varint(head, one.length);
  return Buffer.concat([Buffer.from(head), ...packed.map((one) => Buffer.from(one))]);
}

/** Returns land rings and country borders in whole units. */
function shapes({ arcs, transform, objects }, units) {
  const { scale, translate } = transform;
  const decoded = arcs.map((arc) => {
    let x = 0, y = 0;
    return arc.map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [Math.round((x * scale[0] + translate[0]) * units), Math.round((y * scale[1] + translate[1]) * units)];
    });
  });
  const ringsOf = (object) => object.type === 'GeometryCollection' ? object.geometries.flatMap(ringsOf)
    : object.type === 'Polygon' ? object.arcs
    : object.type === 'MultiPolygon' ? object.arcs.flat() : [];
  const line = (index) => index < 0 ? decoded[~index].toReversed() : decoded[index];
  const rings = ringsOf(objects.land).map((ring) => tidyRing(ring.flatMap((index) => line(index))));
  // An arc that two countries share is a border; the others are coasts.
  const uses = new Map();
  for (const index of ringsOf(objects.countries).flat()) {
    const key = index < 0 ? ~index : index;
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  const borders = [...uses].filter(([, count]) => count > 1).map(([index]) => tidy(decoded[index]));
  return { rings: rings.filter((ring) => ring.length > 2), borders: borders.filter((points) => points.length > 1) };
}

/** Returns the part of a ring on one side of a line across `axis` (Sutherland-Hodgman). */
function clip(ring, axis, at, side) {
  if (ring.length < 3) return [];
  const inside = (point) => (point[axis] - at) * side >= 0;
  const out = [];
  let last = ring.at(-1);
  for (const point of ring) {
    if (inside(point) !== inside(last)) {
      const part = (at - last[axis]) / (point[axis] - last[axis]);
      const other = Math.round(last[1 - axis] + part * (point[1 - axis] - last[1 - axis]));
      out.push(axis === 0 ? [at, other] : [other, at]);
    }
    if (inside(point)) out.push(point);
    last = point;
  }
  return tidyRing(out);
}

/**
 * `world-atlas` joins rings across 180° and around the pole. Unrolls a ring, closes it along
 * the pole if it goes once around the Earth, and returns its parts between 180° west and east.
 */
function cutAtAntimeridian(ring, units) {
  const turn = 360 * units;
  let shift = 0;
  let last = ring[0][0];
  const unrolled = [...ring, ring[0]].map(([x, y]) => {
    if (x - last > turn / 2) shift -= turn;
    if (last - x > turn / 2) shift += turn;
    last = x;
    return [x + shift, y];
  });
  if (shift === 0) unrolled.pop();
  else {
    const pole = Math.sign(unrolled[0][1]) * 90 * units;
    unrolled.push([unrolled.at(-1)[0], pole], [unrolled[0][0], pole]);
  }
  return [-turn, 0, turn].map((by) => {
    const moved = unrolled.map(([x, y]) => [x + by, y]);
    return clip(clip(moved, 0, -turn / 2, 1), 0, turn / 2, -1);
  });
}

/** Removes repeated points. */
function tidy(points) {
  return points.filter((point, i) => i === 0 || point[0] !== points[i - 1][0] || point[1] !== points[i - 1][1]);
}

function tidyRing(ring) {
  const out = tidy(ring);
  const same = (a, b) => a[0] === b[0] && a[1] === b[1];
  while (out.length > 1 && same(out[0], out.at(-1))) out.pop();
  return out;
}

function varint(out, value) {
  while (value > 127) {
    out.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  out.push(value);
}

function zigzag(out, value) {
  varint(out, value < 0 ? -2 * value - 1 : 2 * value);
}
