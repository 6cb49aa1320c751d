// Raster tiles of a server, above the base map and below the scenes, if the map was made with them.
// Where tiles fail or are late, the base map remains visible. Only visible tiles are requested, a
// few at a time.

import { data } from './data.js';
import { announce } from './dom.js';
import { clamp, origin } from './mercator.js';
import { attribution, below, over } from './paint.js';
import { emit } from './signals.js';
import { addTool } from './tools.js';
import { view } from './view.js';

const AT_ONCE = 4, MOST_TILES = 300;
const REST = 200, PATIENCE = 15e3, PAUSE = 60e3; // milliseconds
const MOST_FAILURES = 6; // in a row, before a pause

const tiles = new Map(); // loaded, loading or failed ones, the most recently used last
let inFlight = 0, failures = 0, pausedUntil = 0, tileTimer = 0, tilesOn = true;

/** Returns the tiles of a part of the map: zoom level, column (also beyond ±180°) and row. */
function tilesIn(left, top, width, height, scale, ratio) {
  const z = clamp(Math.round(Math.log2(scale * Math.min(ratio, 1.5) / 256)), 0, data.tiles.max_zoom);
  const count = 2 ** z, found = [];
  const [x0, y0] = [left, top].map((from, k) => Math.floor((from + origin[k]) * count));
  const [x1, y1] = [left + width / scale, top + height / scale].map((to, k) => Math.ceil((to + origin[k]) * count));
  for (let y = Math.max(0, y0); y < Math.min(count, y1); y++) for (let x = x0; x < x1; x++) found.push([z, x, y]);
  return found;
}
const keyOf = ([z, x, y]) => `${z}/${(x % 2 ** z + 2 ** z) % 2 ** z}/${y}`;

/** Requests missing tiles, the nearest to the middle first. */
function requestTiles() {
  tileTimer = 0;
  const { x, y, width, height, scale } = view;
  if (!tilesOn || !width || Date.now() < pausedUntil) return;
  const seen = tilesIn(x, y, width, height, scale, over.width / width);
  const [midX, midY] = [1, 2].map((k) => (seen[0]?.[k] + seen.at(-1)?.[k]) / 2);
  const wanted = seen.filter((tile) => !tiles.has(keyOf(tile)));
  wanted.sort((a, b) => Math.hypot(a[1] - midX, a[2] - midY) - Math.hypot(b[1] - midX, b[2] - midY));
  for (const tile of wanted.slice(0, AT_ONCE - inFlight)) loadTile(keyOf(tile));
}
function loadTile(key) {
  const image = new Image(), [z, x, y] = key.split('/');
  const state = { image: null };
  tiles.set(key, state);
  inFlight++;
  // Without CORS, the canvas could not be saved as a picture.
  image.crossOrigin = 'anonymous';
  const done = (isLoaded) => {
    if (state.done) return;
    state.done = true;
    clearTimeout(late);
    inFlight--;
    failures = isLoaded ? 0 : failures + 1;
    if (isLoaded) {
      state.image = image;
      emit('soon');
    } else image.src = '';
    if (failures === MOST_FAILURES) {
      failures = 0;
      pausedUntil = Date.now() + PAUSE;
      for (const [other, { image }] of tiles) if (!image) tiles.delete(other);
      announce('The tiles cannot be reached. The map goes without.');
    }
    requestTiles();
  };
  const late = setTimeout(done, PATIENCE, false);
  image.onload = () => done(true);
  image.onerror = () => done(false);
  image.src = data.tiles.url.replaceAll('{z}', z).replaceAll('{x}', x).replaceAll('{y}', y);
}

function drawTile({ ctx, at, scale, ratio }, [z, x, y]) {
  // Until the tile is loaded, a part of a tile of a lower level replaces it.
  for (let up = 0; up <= Math.min(z, 5); up++) {
    const parent = [z - up, Math.floor(x / 2 ** up), Math.floor(y / 2 ** up)], key = keyOf(parent);
    const tile = tiles.get(key);
    if (!tile?.image) continue;
    tiles.delete(key);
    tiles.set(key, tile);
    const part = tile.image.width / 2 ** up, from = [x, y].map((one, k) => (one - parent[k + 1] * 2 ** up) * part);
    // Aligned to whole pixels, to avoid seams.
    const whole = (point) => at(point.map((one, k) => one / 2 ** z - origin[k])).map((one) => Math.round(one * ratio) / ratio);
    const [a, b] = [whole([x, y]), whole([x + 1, y + 1])];
    ctx.drawImage(tile.image, ...from, part, part, ...a, b[0] - a[0], b[1] - a[1]);
    return;
  }
}

if (data.tiles) {
  attribution.append(` · ${data.tiles.attribution}`);
  below.push((pane) => {
    if (!tilesOn) return;
    pane.onScreen();
    for (const tile of tilesIn(pane.left, pane.top, pane.width, pane.height, pane.scale, pane.ratio)) drawTile(pane, tile);
    const spare = [...tiles].filter(([, tile]) => tile.done).slice(0, Math.max(0, tiles.size - MOST_TILES));
    for (const [key] of spare) tiles.delete(key);
    // Requested when the view has stopped moving.
    clearTimeout(tileTimer);
    tileTimer = setTimeout(requestTiles, REST);
  });
  addTool({ name: 'Tiles', icon: 'M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h6v6h-6z', key: 'b', what: 'tiles of the server', isOn: () => tilesOn, press: () => {
    tilesOn = !tilesOn;
    emit('paint');
  } });
}
