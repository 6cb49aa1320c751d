// The map of a notebook: one page, no network, no dependency.
//
// Parts, in order: data, places, base map, scenes and their pictures, drawing,
// pointer and keyboard, panel. Coordinates are web mercator with the world from 0
// to 1, taken relative to the middle of the data, so that the single precision
// of canvas paths is enough at any zoom.
(() => {
'use strict';

// ---- data ---------------------------------------------------------------

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId('data').textContent);
const pack = ((text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
})(byId('pack').textContent.trim());

// ---- places -------------------------------------------------------------

const RADIAN = Math.PI / 180;
const EQUATOR = 40075016.7; // metres
const mercator = (lat) => {
  const sine = Math.sin(Math.max(-85.0511, Math.min(85.0511, lat)) * RADIAN);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
};
const origin = (([west, south, east, north]) => [(west + east) / 720 + 0.5, (mercator(south) + mercator(north)) / 2])(data.bbox);
const toX = (lon) => lon / 360 + 0.5 - origin[0];
const toY = (lat) => mercator(lat) - origin[1];
const toLon = (x) => (x + origin[0] - 0.5) * 360;
const toLat = (y) => Math.atan(Math.sinh((0.5 - y - origin[1]) * 2 * Math.PI)) / RADIAN;
const place = ([lon, lat]) => [toX(lon), toY(lat)];

const boxOf = (points) => points.reduce(
  ([a, b, c, d], [x, y]) => [Math.min(a, x), Math.min(b, y), Math.max(c, x), Math.max(d, y)],
  [Infinity, Infinity, -Infinity, -Infinity]);
const trace = (path, points, close) => {
  points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  if (close) path.closePath();
};

/** The map from the unit square to a quad of points that keeps lines straight
 *  (Heckbert 1989), as a function of u and v. */
function projective([[x0, y0], ...rest]) {
  const [[x1, y1], [x2, y2], [x3, y3]] = rest.map(([x, y]) => [x - x0, y - y0]);
  const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const [sx, sy, det] = [x2 - x1 - x3, y2 - y1 - y3, dx1 * dy2 - dx2 * dy1];
  const g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
  return (u, v) => {
    const w = g * u + h * v + 1;
    return [x0 + ((1 + g) * x1 * u + (1 + h) * x3 * v) / w, y0 + ((1 + g) * y1 * u + (1 + h) * y3 * v) / w];
  };
}

// ---- base map -----------------------------------------------------------

/** Land, coasts and borders from the packed cells (see natural-earth/pack.mjs). */
function readLand([at, length]) {
  let i = at;
  const varint = () => {
    let value = 0, scale = 1, byte;
    do {
      byte = pack[i++];
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
      trace(land.fill, ring.map((point) => point.at), true);
      // A piece of the outline along the edge of the cell is a cut, not a coast.
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
    for (let lines = varint(); lines > 0; lines--) trace(land.border, points(shift).map((point) => point.at));
  }
  return land;
}
const world = readLand(data.world);
const local = data.local && (() => {
  const land = readLand(data.local.at);
  const down = (degrees, start) => Math.floor((degrees - start) / land.cell) * land.cell + start;
  const up = (degrees, start) => Math.ceil((degrees - start) / land.cell) * land.cell + start;
  const [west, south, east, north] = data.local.bbox;
  land.box = boxOf([[down(west, -180), Math.max(-90, down(south, -90))], [up(east, -180), Math.min(90, up(north, -90))]].map(place));
  return land;
})();

// ---- scenes -------------------------------------------------------------

const scenes = data.scenes.map((scene, index) => {
  const rings = scene.rings.map((ring) => ring.map(place));
  const outline = new Path2D();
  rings.forEach((ring) => trace(outline, ring, true));
  return { ...scene, index, rings, outline, box: boxOf(rings.flat()), shown: true, small: null, full: null, used: 0 };
});
const aois = data.aois.map(({ name, rings }) => ({ name, rings: rings.map((ring) => ring.map(place)) }));
const aoiPath = new Path2D();
aois.forEach((aoi) => aoi.rings.forEach((ring) => trace(aoiPath, ring, true)));
const home = boxOf([[data.bbox[0], data.bbox[3]], [data.bbox[2], data.bbox[1]]].map(place));
const aoiBox = aois.length ? boxOf(aois.flatMap((aoi) => aoi.rings.flat())) : null;

const SMALL = 96; // pixels of a thumbnail
const MOST_FULL = 160; // whole pictures kept decoded

/** Decodes a scene's picture; a small one for lists and far views. */
async function decode(scene, small) {
  const [at, length] = scene.picture;
  const blob = new Blob([pack.subarray(at, at + length)]);
  // As the file has it: the same pixels that were placed in Rust.
  const options = { imageOrientation: 'none', ...(small && { resizeWidth: SMALL, resizeQuality: 'medium' }) };
  const bitmap = await createImageBitmap(blob, options);
  if (small) showThumbnail(scene, bitmap);
  return laid(scene, bitmap);
}

/** A bitmap with the matrix that lays it on the map. Most footprints are nearly
 *  parallelograms, and one matrix is exact to a fraction of a pixel. */
function laid(scene, bitmap) {
  const forward = projective(scene.corners);
  const { width, height } = bitmap;
  const at = (u, v) => place(forward(u, v));
  const [middle, right, below] = [at(0.5, 0.5), at(1, 0.5), at(0.5, 1)];
  const [a, b] = [0, 1].map((i) => (right[i] - middle[i]) * 2 / width);
  const [c, d] = [0, 1].map((i) => (below[i] - middle[i]) * 2 / height);
  const matrix = [a, b, c, d, middle[0] - (a * width + c * height) / 2, middle[1] - (b * width + d * height) / 2];
  const pixel = Math.min(Math.hypot(a, b), Math.hypot(c, d));
  const off = [[0, 0], [1, 0], [1, 1], [0, 1], [0.25, 0.25], [0.75, 0.75]].map(([u, v]) => {
    const [x, y] = at(u, v);
    return Math.hypot(a * u * width + c * v * height + matrix[4] - x, b * u * width + d * v * height + matrix[5] - y) / pixel;
  });
  const error = Math.max(...off);
  return error < 0.4 ? { bitmap, matrix } : warped(scene, bitmap, at, pixel / 1.2, error);
}

/** The others are drawn anew once, in so many pieces that each is exact. */
function warped(scene, bitmap, at, pixel, error) {
  const n = Math.min(40, Math.ceil(Math.sqrt(error * 6)));
  const [x0, y0, x1, y1] = boxOf(scene.corners.map(place));
  const step = Math.max(pixel, (x1 - x0) / 2000, (y1 - y0) / 2000);
  const canvas = el('canvas', { width: Math.ceil((x1 - x0) / step), height: Math.ceil((y1 - y0) / step) });
  const target = canvas.getContext('2d');
  const [w, h] = [bitmap.width / n, bitmap.height / n];
  const to = (i, j) => at(i / n, j / n).map((value, k) => (value - (k ? y0 : x0)) / step);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const quad = [to(i, j), to(i + 1, j), to(i + 1, j + 1), to(i, j + 1)];
      const [p, q, r, s] = quad;
      // Neighbours overlap a little, or the background would shine through.
      const middle = [0, 1].map((k) => (p[k] + q[k] + r[k] + s[k]) / 4);
      const piece = new Path2D();
      trace(piece, quad.map((point) => point.map((value, k) => value + Math.sign(value - middle[k]) * 0.7)), true);
      target.save();
      target.clip(piece);
      target.transform((q[0] - p[0] + r[0] - s[0]) / 2 / w, (q[1] - p[1] + r[1] - s[1]) / 2 / w, (s[0] - p[0] + r[0] - q[0]) / 2 / h, (s[1] - p[1] + r[1] - q[1]) / 2 / h, p[0], p[1]);
      target.drawImage(bitmap, -i * w, -j * h);
      target.restore();
    }
  }
  bitmap.close();
  return { bitmap: canvas, matrix: [step, 0, 0, step, x0, y0] };
}

// A few pictures are decoded at a time: those on the map first, then thumbnails.
const wanted = [];
let busy = 0;
function want(scene, key) {
  if (!scene.picture || scene[key] !== null) return;
  scene[key] = 'loading';
  wanted.push([scene, key]);
  next();
}
function next() {
  while (busy < 4 && wanted.length) {
    const [scene, key] = wanted.pop();
    busy++;
    decode(scene, key === 'small').then(
      (picture) => {
        scene[key] = picture;
        repaintSoon();
      },
      () => (scene[key] = 'broken'),
    ).finally(() => {
      busy--;
      next();
    });
  }
}
function forgetOldest() {
  const full = scenes.filter((scene) => scene.full?.bitmap);
  if (full.length <= MOST_FULL) return;
  full.sort((a, b) => a.used - b.used);
  for (const scene of full.slice(0, full.length - MOST_FULL)) {
    if (scene.used === painted) return;
    scene.full.bitmap.close?.();
    scene.full = null;
  }
}

// ---- view and drawing ---------------------------------------------------

const state = { opacity: 1, mostCloud: 100, solo: null, graticule: true, order: 'given', selected: null, hovered: null };
/** `scale` is pixels for the whole world; x and y are the upper left corner. */
const view = { x: 0, y: 0, scale: 1, width: 0, height: 0 };
let sorted = scenes.toReversed();
const isShown = (scene) => (state.solo ? scene === state.solo : scene.shown && !(scene.cloud > state.mostCloud));

// The map is drawn larger than its window, so that panning only moves it.
const MARGIN = 0.3;
const drawn = { x: 0, y: 0, scale: 0 };
let painted = 0, cost = 0, pending = null, timer = 0, soon = 0;
const map = el('canvas', { className: 'map' });
const over = el('canvas', { className: 'over' });
const brush = map.getContext('2d', { alpha: false });
const marker = over.getContext('2d');
let colours = {};
const readColours = () => {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['sea', 'land', 'coast', 'border', 'grid', 'footprint', 'aoi', 'mark', 'halo', 'quiet']) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
};

function frame(what) {
  if (pending === 'paint') return;
  if (!pending) requestAnimationFrame(() => {
    const todo = pending;
    pending = null;
    if (todo === 'paint') paint();
    else slide();
    paintOver();
  });
  pending = what;
}
const repaint = () => frame('paint');
// Pictures arrive faster than a large map can be drawn.
const repaintSoon = () => (soon ||= setTimeout(() => { soon = 0; repaint(); }, 60 + 4 * cost));

/** After a change of the view: move what is drawn, and draw anew when it no
 *  longer covers the window or when the hand rests. */
function moved() {
  const grown = view.scale / drawn.scale;
  const dx = Math.abs(drawn.x - view.x) * view.scale, dy = Math.abs(drawn.y - view.y) * view.scale;
  clearTimeout(timer);
  const far = grown > 2 || grown < 0.65 || dx > view.width * MARGIN * 0.95 || dy > view.height * MARGIN * 0.95;
  if (cost < 10 || far) return repaint();
  frame('slide');
  timer = setTimeout(repaint, 120);
}
function slide() {
  const grown = view.scale / drawn.scale;
  const left = (drawn.x - view.x) * view.scale, top = (drawn.y - view.y) * view.scale;
  map.style.transform = `translate(${left}px,${top}px) scale(${grown})`;
}

function paint() {
  const { width, height, scale } = view;
  if (!width) return;
  const started = performance.now(), ratio = density();
  painted++;
  Object.assign(drawn, { x: view.x, y: view.y, scale });
  map.style.transform = '';
  const left = view.x - width * MARGIN / scale, top = view.y - height * MARGIN / scale;
  const wide = width * (1 + 2 * MARGIN), high = height * (1 + 2 * MARGIN);
  const onMap = (shift = 0) => brush.setTransform(scale * ratio, 0, 0, scale * ratio, (shift - left) * scale * ratio, -top * scale * ratio);
  const onScreen = () => brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  const inView = ([x0, y0, x1, y1]) => x1 > left && x0 < left + wide / scale && y1 > top && y0 < top + high / scale;
  const rect = ([x0, y0, x1, y1]) => [(x0 - left) * scale, (y0 - top) * scale, (x1 - x0) * scale, (y1 - y0) * scale];

  onScreen();
  brush.fillStyle = colours.sea;
  brush.fillRect(0, 0, wide, high);
  const drawLand = (land, shift) => {
    onMap(shift);
    brush.fillStyle = colours.land;
    brush.fill(land.fill, 'evenodd');
    if (state.graticule) drawGraticule(left, top, wide, high, onScreen);
    onMap(shift);
    brush.lineWidth = 1 / scale;
    brush.strokeStyle = colours.coast;
    brush.stroke(land.coast);
    brush.setLineDash([5 / scale, 3 / scale]);
    brush.strokeStyle = colours.border;
    brush.stroke(land.border);
    brush.setLineDash([]);
  };
  const fine = local && (local.box[2] - local.box[0]) * scale > 60 && inView(local.box);
  brush.save();
  if (fine) {
    const hole = new Path2D();
    hole.rect(0, 0, wide, high);
    hole.rect(...rect(local.box));
    brush.clip(hole, 'evenodd');
  }
  for (const turn of [-1, 0, 1]) if (inView([turn - origin[0], -1, turn + 1 - origin[0], 2])) drawLand(world, turn);
  brush.restore();
  if (fine) {
    brush.save();
    onScreen();
    brush.beginPath();
    brush.rect(...rect(local.box));
    brush.clip();
    drawLand(local, 0);
    brush.restore();
  }

  const visible = sorted.filter((scene) => isShown(scene) && inView(scene.box)).reverse();
  brush.globalAlpha = state.opacity;
  brush.imageSmoothingQuality = visible.length > 60 ? 'low' : 'medium';
  for (const scene of visible) {
    scene.used = painted;
    const side = Math.max(scene.box[2] - scene.box[0], scene.box[3] - scene.box[1]) * scale * ratio;
    const near = side > SMALL * 1.2;
    want(scene, near ? 'full' : 'small');
    const picture = (near && scene.full?.bitmap ? scene.full : null) ?? (scene.small?.bitmap ? scene.small : scene.full);
    if (!picture?.bitmap || side < 2) continue;
    brush.save();
    onMap();
    if (scene.clip) brush.clip(scene.outline);
    brush.transform(...picture.matrix);
    brush.drawImage(picture.bitmap, 0, 0);
    brush.restore();
  }
  brush.globalAlpha = 1;
  onMap();
  brush.lineWidth = 1.3 / scale;
  brush.strokeStyle = colours.footprint;
  for (const scene of visible) brush.stroke(scene.outline);
  brush.lineWidth = 4.5 / scale;
  brush.strokeStyle = colours.halo;
  brush.stroke(aoiPath);
  brush.lineWidth = 2.4 / scale;
  brush.strokeStyle = colours.aoi;
  brush.setLineDash([9 / scale, 5 / scale]);
  brush.stroke(aoiPath);
  brush.setLineDash([]);
  forgetOldest();
  cost = performance.now() - started;
}

const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
function graticule(left, top, wide, high) {
  const degrees = 360 * view.width / view.scale;
  const step = STEPS.find((one) => degrees / one >= 4) ?? 0.001;
  const each = (from, to) => Array.from({ length: Math.max(0, Math.min(500, Math.floor(to / step) - Math.ceil(from / step) + 1)) }, (_, i) => (Math.ceil(from / step) + i) * step);
  const lons = each(toLon(left), toLon(left + wide / view.scale));
  const lats = each(Math.max(-85, toLat(top + high / view.scale)), Math.min(85, toLat(top)));
  return { lons, lats, digits: Math.max(0, -Math.floor(Math.log10(step))) };
}
function drawGraticule(left, top, wide, high, onScreen) {
  const { lons, lats } = graticule(left, top, wide, high);
  onScreen();
  brush.beginPath();
  for (const lon of lons) {
    const x = Math.round((toX(lon) - left) * view.scale) + 0.5;
    brush.moveTo(x, 0);
    brush.lineTo(x, high);
  }
  for (const lat of lats) {
    const y = Math.round((toY(lat) - top) * view.scale) + 0.5;
    brush.moveTo(0, y);
    brush.lineTo(wide, y);
  }
  brush.lineWidth = 1;
  brush.strokeStyle = colours.grid;
  brush.stroke();
}

/** What follows the hand at once: marks, labels at the edges, the scale bar. */
function paintOver() {
  const { x, y, scale, width, height } = view, ratio = density();
  marker.setTransform(ratio, 0, 0, ratio, 0, 0);
  marker.clearRect(0, 0, width, height);
  if (state.graticule) {
    const { lons, lats, digits } = graticule(x, y, width, height);
    marker.font = '10px system-ui,sans-serif';
    marker.fillStyle = colours.quiet;
    marker.strokeStyle = colours.sea;
    marker.lineWidth = 3;
    marker.lineJoin = 'round';
    const label = (text, px, py) => {
      marker.strokeText(text, px, py);
      marker.fillText(text, px, py);
    };
    const turned = (lon) => ((lon + 540) % 360 + 360) % 360 - 180;
    marker.textAlign = 'center';
    for (const lon of lons) {
      const px = (toX(lon) - x) * scale;
      if (px > 190 && px < width - 260) label(`${turned(lon).toFixed(digits)}°`, px, height - 8);
    }
    marker.textAlign = 'left';
    for (const lat of lats) {
      const py = (toY(lat) - y) * scale;
      if (py > 250 && py < height - 60) label(`${lat.toFixed(digits)}°`, 8, py + 3);
    }
  }
  marker.setTransform(scale * ratio, 0, 0, scale * ratio, -x * scale * ratio, -y * scale * ratio);
  for (const scene of new Set([state.selected, state.hovered])) {
    if (!scene) continue;
    for (const [wide, colour] of [[6, colours.halo], [3, colours.mark]]) {
      marker.lineWidth = wide / scale;
      marker.strokeStyle = colour;
      marker.stroke(scene.outline);
    }
  }
  const metres = EQUATOR * Math.cos(toLat(y + height / 2 / scale) * RADIAN) / scale;
  const power = 10 ** Math.floor(Math.log10(metres * 120));
  const length = [5, 2, 1].map((step) => step * power).find((one) => one <= metres * 120);
  bar.style.width = `${length / metres}px`;
  bar.textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
}

const density = () => Math.min(2, devicePixelRatio || 1);
function resize() {
  const { clientWidth: width, clientHeight: height } = stage;
  if (!width || !height) return;
  const first = !view.width;
  const middle = [view.x + view.width / 2 / view.scale, view.y + view.height / 2 / view.scale];
  Object.assign(view, { width, height });
  const ratio = density(), grown = 1 + 2 * MARGIN;
  map.width = Math.round(width * grown * ratio);
  map.height = Math.round(height * grown * ratio);
  const origin = `${width * MARGIN}px ${height * MARGIN}px`;
  Object.assign(map.style, { width: `${width * grown}px`, height: `${height * grown}px`, left: `${-width * MARGIN}px`, top: `${-height * MARGIN}px`, transformOrigin: origin });
  over.width = width * ratio;
  over.height = height * ratio;
  if (first) {
    panel.open = width >= 720 && scenes.length > 0;
    fit(home);
  } else {
    view.x = middle[0] - width / 2 / view.scale;
    view.y = middle[1] - height / 2 / view.scale;
  }
  // At once: a canvas that was given a new size is blank.
  paint();
  paintOver();
}

const FARTHEST = 180, NEAREST = 4e8;
function fit(box, room = 0.06) {
  // The tools cover the left side, the panel the right.
  const left = 48, free = view.width - left - (panel.open && view.width >= 720 ? panel.offsetWidth + 12 : 0);
  const least = 500 / EQUATOR;
  const scale = Math.min(free / Math.max(box[2] - box[0], least), view.height / Math.max(box[3] - box[1], least)) * (1 - 2 * room);
  view.scale = Math.max(FARTHEST, Math.min(NEAREST, scale));
  view.x = (box[0] + box[2]) / 2 - (left + free / 2) / view.scale;
  view.y = (box[1] + box[3]) / 2 - view.height / 2 / view.scale;
  repaint();
}
function zoom(factor, px = view.width / 2, py = view.height / 2) {
  const [x, y] = [view.x + px / view.scale, view.y + py / view.scale];
  view.scale = Math.max(FARTHEST, Math.min(NEAREST, view.scale * factor));
  view.x = x - px / view.scale;
  view.y = y - py / view.scale;
  moved();
}
function pan(dx, dy) {
  view.x -= dx / view.scale;
  view.y -= dy / view.scale;
  moved();
}

// ---- pointer and keyboard -----------------------------------------------

const inside = (ring, x, y) => {
  let is = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [a, b] = [ring[i], ring[j]];
    if ((a[1] > y) !== (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]) is = !is;
  }
  return is;
};
/** Scenes under a point of the window, the uppermost first. */
function under([px, py]) {
  const x = view.x + px / view.scale, y = view.y + py / view.scale;
  const covers = ({ box, rings }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && rings.some((ring) => inside(ring, x, y));
  return sorted.filter((scene) => isShown(scene) && covers(scene));
}
function hover(scene) {
  if (state.hovered === scene) return;
  state.hovered?.row.classList.remove('hovered');
  scene?.row.classList.add('hovered');
  state.hovered = scene;
  frame('slide');
}
function tellPosition(px = view.width / 2, py = view.height / 2) {
  const lon = toLon(view.x + px / view.scale), lat = toLat(view.y + py / view.scale);
  const digits = Math.max(2, Math.min(6, Math.ceil(Math.log10(view.scale / 360))));
  position.textContent = `${((lon + 540) % 360 - 180).toFixed(digits)}, ${lat.toFixed(digits)}`;
}

const fingers = new Map();
let travelled = 0;
function listen() {
  const at = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  over.addEventListener('pointerdown', (event) => {
    over.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    travelled = 0;
  });
  over.addEventListener('pointermove', (event) => {
    const here = at(event), before = fingers.get(event.pointerId);
    tellPosition(...here);
    if (!before) {
      const [top = null] = under(here);
      hover(top);
      over.style.cursor = top ? 'pointer' : '';
      return;
    }
    const [dx, dy] = [here[0] - before[0], here[1] - before[1]];
    travelled += Math.abs(dx) + Math.abs(dy);
    if (fingers.size === 1) pan(dx, dy);
    else {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
      pan(dx / 2, dy / 2);
      zoom(apart(here) / apart(before), (here[0] + other[0]) / 2, (here[1] + other[1]) / 2);
    }
    fingers.set(event.pointerId, here);
  });
  const lift = (event) => {
    if (!fingers.delete(event.pointerId) || event.type === 'pointercancel' || travelled > 4) return;
    // A second click on the same spot goes to the scene below.
    const found = under(at(event));
    select(found[(found.indexOf(state.selected) + 1) % Math.max(1, found.length)] ?? null);
  };
  over.addEventListener('pointerup', lift);
  over.addEventListener('pointercancel', lift);
  over.addEventListener('pointerleave', () => hover(null));
  over.addEventListener('dblclick', (event) => zoom(2, ...at(event)));
  over.addEventListener('wheel', (event) => {
    event.preventDefault();
    const speed = event.deltaMode ? 0.05 : event.ctrlKey ? 0.01 : 0.0016;
    zoom(Math.exp(-event.deltaY * speed), ...at(event));
  }, { passive: false });

  const keys = {
    ArrowLeft: () => pan(80, 0), ArrowRight: () => pan(-80, 0), ArrowUp: () => pan(0, 80), ArrowDown: () => pan(0, -80),
    '+': () => zoom(1.5), '=': () => zoom(1.5), '-': () => zoom(1 / 1.5),
    0: () => fit(home), a: () => aoiBox && fit(aoiBox), f: fullscreen, g: toggleGraticule, l: () => panel.toggle(),
    ']': () => step(1), '[': () => step(-1), i: () => state.selected && isolate(state.selected),
    ' ': () => state.selected && show(state.selected, !state.selected.shown),
    '?': () => help.togglePopover(),
    Escape: () => (help.matches(':popover-open') ? help.hidePopover() : state.solo ? isolate(state.solo) : select(null)),
  };
  root.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('select, input[type=range]')) return;
    // Space and Enter belong to the control that has the focus.
    if (event.target !== stage && event.key === ' ') return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    // The notebook has shortcuts of its own.
    event.stopPropagation();
    act();
    tellPosition();
  });
}
function step(by) {
  const list = sorted.filter(isShown);
  if (!list.length) return;
  const at = list.indexOf(state.selected);
  const scene = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : (at + by + list.length) % list.length];
  select(scene);
  if (!contains(scene.box)) fit(scene.box, 0.2);
}
const contains = ([x0, y0, x1, y1]) => x0 >= view.x && y0 >= view.y && x1 <= view.x + view.width / view.scale && y1 <= view.y + view.height / view.scale;

// ---- panel --------------------------------------------------------------

/** An element with properties, listeners (`on…`) and attributes (`aria-…`). */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}
function icon(path) {
  const holder = document.createElement('template');
  holder.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
  return holder.content;
}
const button = (name, path, act, key) => el('button', { type: 'button', title: key ? `${name} (${key})` : name, 'aria-label': name, onclick: act }, icon(path));
const ICONS = {
  plus: 'M10 4v12M4 10h12', minus: 'M4 10h12', all: 'M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4',
  aoi: 'M4 5l9-1 3 9-10 3zM10 10h.01', full: 'M11 9l5-5M12 4h4v4M9 11l-5 5M8 16H4v-4', grid: 'M3 7.5h14M3 12.5h14M7.5 3v14M12.5 3v14',
  layers: 'M10 3l7 4-7 4-7-4zM3 11l7 4 7-4', close: 'M5 5l10 10M15 5L5 15', target: 'M10 5a5 5 0 1 0 .01 0M10 2v4M10 14v4M2 10h4M14 10h4',
};

const bar = el('div', { className: 'bar' });
const position = el('span', { className: 'position', title: 'longitude, latitude' });
const status = el('div', { className: 'unseen', role: 'status' });
const card = el('section', { className: 'card box', hidden: true, 'aria-label': 'Scene' });
const list = el('ul', { className: 'list' });
const count = el('p', { className: 'count' });
const tell = (text) => (status.textContent = text);

const percent = (cloud) => `${cloud >= 10 || cloud === 0 ? Math.round(cloud) : cloud.toFixed(1)} %`;
const when = (scene) => (scene.datetime ? scene.datetime.slice(0, 16).replace('T', ' ') : 'no date');

function showThumbnail(scene, bitmap) {
  const { canvas } = scene.thumbnail;
  const side = Math.min(bitmap.width, bitmap.height);
  scene.thumbnail.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
}
const groups = new Set(scenes.map((scene) => scene.group)).size;
function row(scene) {
  const thumbnail = el('canvas', { width: 80, height: 80, 'aria-hidden': 'true' });
  scene.thumbnail = thumbnail.getContext('2d');
  scene.check = el('input', { type: 'checkbox', checked: true, 'aria-label': `Show ${scene.title}`, onchange: () => show(scene, scene.check.checked) });
  const facts = [when(scene).slice(0, 10), scene.cloud == null ? null : `${percent(scene.cloud)} cloud`, groups > 1 && scene.group].filter(Boolean);
  const open = el('button', { type: 'button', className: 'open', onclick: () => {
    select(scene);
    if (!contains(scene.box)) fit(scene.box, 0.2);
  }, ondblclick: () => fit(scene.box, 0.2) }, thumbnail, el('span', {}, el('b', { dir: 'auto' }, scene.title), el('small', { dir: 'auto' }, facts.join(' · '))));
  scene.solo = button(`Show only ${scene.title}`, ICONS.target, () => isolate(scene));
  scene.solo.ariaPressed = 'false';
  scene.row = el('li', { onpointerenter: () => hover(scene), onpointerleave: () => hover(null), onfocusin: () => hover(scene) }, scene.check, open, scene.solo);
  return scene.row;
}
function arrange() {
  const last = (value, missing) => value ?? missing;
  const orders = {
    given: (a, b) => b.index - a.index,
    newest: (a, b) => (last(b.datetime, '') > last(a.datetime, '') ? 1 : last(b.datetime, '') < last(a.datetime, '') ? -1 : 0),
    oldest: (a, b) => (last(a.datetime, '~') > last(b.datetime, '~') ? 1 : last(a.datetime, '~') < last(b.datetime, '~') ? -1 : 0),
    clearest: (a, b) => last(a.cloud, 101) - last(b.cloud, 101),
  };
  sorted = [...scenes].sort((a, b) => orders[state.order](a, b) || b.index - a.index);
  list.replaceChildren(...sorted.map((scene) => scene.row));
  refresh();
}
function refresh() {
  let shown = 0;
  for (const scene of scenes) {
    const is = isShown(scene);
    shown += is;
    scene.check.checked = scene.shown;
    scene.row.classList.toggle('off', !is);
    scene.row.classList.toggle('chosen', scene === state.selected);
    scene.solo.ariaPressed = String(scene === state.solo);
  }
  count.textContent = shown === scenes.length ? `${shown} scene${shown === 1 ? '' : 's'}` : `${shown} of ${scenes.length} scenes shown`;
  repaint();
}
function show(scene, shown) {
  scene.shown = shown;
  state.solo = null;
  tell(`${scene.title} ${shown ? 'shown' : 'hidden'}`);
  refresh();
}
function isolate(scene) {
  state.solo = state.solo === scene ? null : scene;
  tell(state.solo ? `Only ${scene.title} is shown` : 'All chosen scenes are shown');
  refresh();
}
function select(scene) {
  state.selected = scene;
  card.hidden = !scene;
  if (scene) {
    const same = under([(scene.box[0] + scene.box[2]) / 2, (scene.box[1] + scene.box[3]) / 2].map((value, i) => (value - (i ? view.y : view.x)) * view.scale));
    const facts = [['Acquired', when(scene)], ['Cloud', scene.cloud == null ? '–' : percent(scene.cloud)], ['Collection', scene.group], ...scene.properties];
    const copy = el('button', { type: 'button', onclick: () => copyText(scene.id, copy) }, 'Copy id');
    card.replaceChildren(
      el('header', {}, el('b', { dir: 'auto' }, scene.title), button('Close', ICONS.close, () => { select(null); stage.focus(); })),
      // Copied as it is, shown without marks that turn it around.
      el('code', { dir: 'ltr' }, scene.id.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')),
      el('dl', {}, ...facts.filter(([, value]) => value).flatMap(([key, value]) => [el('dt', {}, key), el('dd', { dir: 'auto' }, value)])),
      el('footer', {}, copy, el('button', { type: 'button', onclick: () => fit(scene.box, 0.15) }, 'Zoom to'), el('button', { type: 'button', onclick: () => isolate(scene) }, 'Isolate')),
    );
    if (same.length > 1) card.append(el('p', {}, `${same.length} scenes lie over each other here: click again for the next.`));
    scene.row.scrollIntoView({ block: 'nearest' });
    tell(`${scene.title} chosen`);
  }
  refresh();
}
function copyText(text, source) {
  const done = () => {
    source.textContent = 'Copied';
    setTimeout(() => (source.textContent = 'Copy id'), 1500);
  };
  // Frames without an origin may be refused the clipboard: then the old way.
  const fallback = () => {
    const field = el('textarea', { value: text, className: 'unseen' });
    root.append(field);
    field.select();
    if (document.execCommand('copy')) done();
    field.remove();
    source.focus();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, fallback);
  else fallback();
}
function fullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen?.().catch(() => tell('Fullscreen is not allowed here'));
}
function toggleGraticule() {
  state.graticule = !state.graticule;
  grid.ariaPressed = String(state.graticule);
  repaint();
}

const slider = (name, value, tellValue, change) => {
  const output = el('output', {}, tellValue(value));
  return el('label', {}, el('span', {}, name, output), el('input', { type: 'range', min: 0, max: 100, value, oninput: (event) => {
    const now = Number(event.target.value);
    output.textContent = tellValue(now);
    change(now);
  } }));
};
const orderBy = el('select', { 'aria-label': 'Order', onchange: () => { state.order = orderBy.value; arrange(); } },
  ...Object.entries({ given: 'As found', newest: 'Newest first', oldest: 'Oldest first', clearest: 'Least cloud first' }).map(([value, name]) => el('option', { value }, name)));
const every = (shown) => () => {
  scenes.forEach((scene) => (scene.shown = shown));
  state.solo = null;
  tell(shown ? 'All scenes shown' : 'All scenes hidden');
  refresh();
};
const panel = el('aside', { className: 'panel box', hidden: true, 'aria-label': 'Layers' },
  el('header', {}, el('b', { dir: 'auto' }, data.title), button('Close', ICONS.close, () => panel.toggle())),
  count,
  el('div', { className: 'row' }, orderBy, el('button', { type: 'button', onclick: every(true) }, 'All'), el('button', { type: 'button', onclick: every(false) }, 'None')),
  slider('Opacity', 100, (value) => `${value} %`, (value) => { state.opacity = value / 100; repaint(); }),
  ...(scenes.some((scene) => scene.cloud != null)
    ? [slider('Cloud cover up to', 100, (value) => `${value} %`, (value) => { state.mostCloud = value; refresh(); })] : []),
  list);
Object.defineProperty(panel, 'open', { get: () => !panel.hidden, set: (open) => {
  panel.hidden = !open;
  layers.ariaExpanded = String(open);
} });
// With nothing but areas there is nothing to choose from.
panel.toggle = () => { panel.open = !panel.open && scenes.length > 0; };
const layers = button('Layers', ICONS.layers, () => panel.toggle(), 'L');
layers.hidden = !scenes.length;
const grid = button('Graticule', ICONS.grid, toggleGraticule, 'G');
grid.ariaPressed = 'true';
const KEYS = [['Arrows', 'pan'], ['+ −', 'zoom'], ['0', 'all scenes'], ['A', 'area of interest'], ['[ ]', 'previous, next scene'], ['Space', 'show or hide it'], ['I', 'show only it'], ['L', 'layers'], ['G', 'graticule'], ['F', 'fullscreen'], ['Esc', 'close']];
const help = el('div', { className: 'help box', popover: 'auto' }, el('b', {}, 'Keys'), el('dl', {}, ...KEYS.flatMap(([key, what]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, what)])));
const tools = el('div', { className: 'tools box', role: 'toolbar', 'aria-label': 'Map' },
  button('Zoom in', ICONS.plus, () => zoom(1.6), '+'), button('Zoom out', ICONS.minus, () => zoom(1 / 1.6), '−'),
  button('Fit all', ICONS.all, () => fit(home), '0'), ...(aoiBox ? [button('Fit area of interest', ICONS.aoi, () => fit(aoiBox), 'A')] : []),
  grid, button('Fullscreen', ICONS.full, fullscreen, 'F'), layers,
  el('button', { type: 'button', title: 'Keys (?)', 'aria-label': 'Keys', onclick: () => help.togglePopover() }, '?'));
const stage = el('div', { className: 'stage', tabIndex: 0, role: 'application', 'aria-label': `Map: ${data.title}, ${scenes.length} scenes. Press question mark for the keys.` }, map, over);
const root = byId('map');
document.documentElement.classList.add('live');
root.append(stage, tools, panel, card, el('div', { className: 'foot' }, bar), el('div', { className: 'foot end' }, position, el('span', {}, 'Natural Earth')), help, status);

scenes.forEach(row);
listen();
readColours();
arrange();
tellPosition();
// Thumbnails that have come into sight, and only those.
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    watch.unobserve(entry.target);
    want(scenes.find((scene) => scene.row === entry.target), 'small');
  }
}, { root: list, rootMargin: '200px' });
scenes.forEach((scene) => watch.observe(scene.row));
new ResizeObserver(resize).observe(stage);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readColours(); repaint(); });
// The page around a sandboxed frame may tell its theme.
addEventListener('message', ({ data: message }) => {
  if (message?.up42Theme !== 'dark' && message?.up42Theme !== 'light') return;
  document.documentElement.dataset.theme = message.up42Theme;
  readColours();
  repaint();
});
})();
