// Base map: land, coasts and borders from packed cells (format: natural-earth/pack.mjs).

import { data, landBytes } from './data.js';
import { colours, stroke } from './dom.js';
import { addLine, boxOf, origin, project, toX, toY } from './mercator.js';

function readLand([at, length]) {
  let i = at;
  const varint = () => {
    let value = 0, scale = 1, byte;
    do {
      byte = landBytes[i++];
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte > 127 && i < at + length);
    return value;
  };
  const zigzag = () => {
    const value = varint();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  };
  const units = varint(), cell = varint(), cells = varint();
  const points = (shift) => {
    let x = 0, y = 0;
    return Array.from({ length: varint() }, () => {
      x += zigzag();
      y += zigzag();
      return { x, y, at: [toX(x / units + shift), toY(y / units)] };
    });
  };
  const land = { fill: new Path2D(), coast: new Path2D(), border: new Path2D(), cell };
  const onEdge = (value, start) => (value - start * units) % (cell * units) === 0;
  for (let n = 0; n < cells; n++) {
    const shift = (varint() - 1) * 360;
    for (let rings = varint(); rings > 0; rings--) {
      const ring = points(shift);
      addLine(land.fill, ring.map((point) => point.at), true);
      // A segment along the edge of the cell is a cut, not a coast.
      let drawing = false;
      ring.forEach((point, k) => {
        const next = ring[(k + 1) % ring.length];
        const cut = (point.x === next.x && onEdge(point.x, -180)) || (point.y === next.y && onEdge(point.y, -90));
        if (cut) drawing = false;
        else {
          if (!drawing) land.coast.moveTo(...point.at);
          land.coast.lineTo(...next.at);
          drawing = true;
        }
      });
    }
    for (let lines = varint(); lines > 0; lines--) addLine(land.border, points(shift).map((point) => point.at));
  }
  return land;
}

const world = readLand(data.world);
const local = data.local && (() => {
  const land = readLand(data.local.at);
  const down = (degrees, start) => Math.floor((degrees - start) / land.cell) * land.cell + start;
  const up = (degrees, start) => Math.ceil((degrees - start) / land.cell) * land.cell + start;
  const [west, south, east, north] = data.local.bbox;
  land.box = boxOf([[down(west, -180), Math.max(-90, down(south, -90))], [up(east, -180), Math.min(90, up(north, -90))]].map(project));
  return land;
})();

/** Draws sea and land; `between` draws above the land and below its lines. */
export function drawLand(pane, between) {
  const { ctx, scale, width, height } = pane;
  const rect = ([x0, y0, x1, y1]) => [...pane.at([x0, y0]), (x1 - x0) * scale, (y1 - y0) * scale];
  const one = (land, shift) => {
    pane.onMap(shift);
    ctx.fillStyle = colours.land;
    ctx.fill(land.fill, 'evenodd');
    between();
    pane.onMap(shift);
    stroke(ctx, [[1 / scale, 'coast']], land.coast);
    ctx.setLineDash([5 / scale, 3 / scale]);
    stroke(ctx, [[1 / scale, 'border']], land.border);
    ctx.setLineDash([]);
  };
  pane.onScreen();
  ctx.fillStyle = colours.sea;
  ctx.fillRect(0, 0, width, height);
  const fine = local && (local.box[2] - local.box[0]) * scale > 60 && pane.intersects(local.box);
  ctx.save();
  if (fine) {
    const hole = new Path2D();
    hole.rect(0, 0, width, height);
    hole.rect(...rect(local.box));
    ctx.clip(hole, 'evenodd');
  }
  for (const turn of [-1, 0, 1]) if (pane.intersects([turn - origin[0], -1, turn + 1 - origin[0], 2])) one(world, turn);
  ctx.restore();
  if (!fine) return;
  ctx.save();
  pane.onScreen();
  ctx.beginPath();
  ctx.rect(...rect(local.box));
  ctx.clip();
  one(local, 0);
  ctx.restore();
}
