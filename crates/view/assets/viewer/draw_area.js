// Tool for drawing an area: a rectangle or a polygon, by mouse, touch or keys. It is copied as
// GeoJSON or Rust, or downloaded as GeoJSON. The drawing remains when the tool is closed.

import { announce, colours, copyText, download, el, strips, stroke, textButton } from './dom.js';
import { boxOf, RADIAN, toLat, toLon } from './mercator.js';
import { above, stage } from './paint.js';
import { pointer, position, setMode } from './pointer.js';
import { fileName } from './save.js';
import { emit } from './signals.js';
import { addTool } from './tools.js';
import { toMap, toWindow, view } from './view.js';

/** Corners in map coordinates; a rectangle has one (unfinished) or four. */
let points = [];
/** Index of the dragged corner, and whether a rectangle has just been started. */
let held = -1, fresh = false;
const isRectangle = () => pointer.mode?.kind === 'rectangle';
const rectangle = ([a, b], [c, d]) => [[a, b], [c, b], [c, d], [a, d]];

/** Returns the corners in degrees, counterclockwise, the westernmost within −180 to 180. */
function degrees() {
  const corners = points.map(([x, y]) => [toLon(x), toLat(y)]);
  const turns = Math.floor((Math.min(...corners.map(([lon]) => lon)) + 180) / 360) * 360;
  const moved = corners.map(([lon, lat]) => [lon - turns, lat]);
  return signed(moved) < 0 ? moved.reverse() : moved;
}
/** Returns the area on a sphere in km², positive if counterclockwise. */
const signed = (corners) => corners.reduce((sum, [lon, lat], i) => {
  const [next, other] = corners[(i + 1) % corners.length];
  return sum - (next - lon) * RADIAN * (2 + Math.sin(lat * RADIAN) + Math.sin(other * RADIAN)) / 2 * 6371.0072 ** 2;
}, 0);

/** Returns the area as GeoJSON: long edges are divided, so that none is shorter the other way round
 *  the Earth, and the area is cut at the antimeridian (RFC 7946, 3.1.9). */
function geojson() {
  const corners = degrees().flatMap(([lon, lat], i, all) => {
    const [next, other] = all[(i + 1) % all.length];
    const pieces = Math.max(1, Math.ceil(Math.abs(next - lon) / 90));
    return Array.from({ length: pieces }, (_, n) => [lon + (next - lon) * n / pieces, lat + (other - lat) * n / pieces]);
  });
  const part = (sign) => corners.flatMap(([lon, lat], i) => {
    const [next, other] = corners[(i + 1) % corners.length];
    const kept = sign * (lon - 180) >= 0 ? [[lon, lat]] : [];
    return (lon - 180) * (next - 180) < 0 ? [...kept, [180, lat + (other - lat) * (180 - lon) / (next - lon)]] : kept;
  });
  const closed = (some, turn) => [[...some, some[0]].map(([lon, lat]) => [lon - turn, lat].map((value) => Number(value.toFixed(6))))];
  const beyond = corners.some(([lon]) => lon > 180);
  return JSON.stringify(beyond
    ? { type: 'MultiPolygon', coordinates: [closed(part(-1), 0), closed(part(1), 360)] }
    : { type: 'Polygon', coordinates: closed(corners, 0) });
}

// ---- buttons
const measured = el('span', { role: 'status' });
const rustButton = textButton('Copy Rust', () => copyText(`let aoi = Aoi::from_geojson(r#"${geojson()}"#)?;`, rustButton));
const copyButton = textButton('Copy GeoJSON', () => copyText(geojson(), copyButton));
const downloadButton = textButton('Download', () => download(fileName('geojson'), new Blob([geojson()], { type: 'application/geo+json' })));
const undoButton = textButton('Undo', () => undo());
const clearButton = textButton('Clear', () => setPoints([]));
const strip = el('div', { className: 'strip box', role: 'group', 'aria-label': 'Draw an area', hidden: true }, measured, rustButton, copyButton, downloadButton, undoButton, clearButton,
  textButton('Done', () => { setMode(null); stage.focus(); }));
strips.append(strip);

function setPoints(to) {
  points = to;
  const area = points.length > 2 ? Math.abs(signed(degrees())) : 0;
  for (const one of [rustButton, copyButton, downloadButton]) one.disabled = !area;
  for (const one of [undoButton, clearButton]) one.disabled = !points.length;
  measured.textContent = area ? `${area < 100 ? area.toPrecision(3) : Math.round(area).toLocaleString('en')} km²`
    : isRectangle() ? 'Drag, or set two corners' : 'Set three corners or more';
  emit('marks');
}
const undo = () => setPoints(isRectangle() && points[1] ? [points[0]] : points.slice(0, -1));
const near = (point) => points.findIndex((one) => Math.hypot(...toWindow(one).map((value, i) => value - point[i])) < 10);
function addCorner(point) {
  if (near(point) >= 0) return;
  const corner = toMap(point);
  if (!isRectangle()) setPoints([...points, corner]);
  else setPoints(points.length === 1 ? rectangle(points[0], corner) : [corner]);
  announce(`Corner at ${position.textContent}`);
}
function dragCorner(corner) {
  if (!isRectangle()) return setPoints(points.with(held, corner));
  // The opposite corner stays in place.
  setPoints(rectangle(points[points[1] && held >= 0 ? (held + 2) % 4 : 0], corner));
  held = -1;
}

const middle = () => [view.width / 2, view.height / 2];
const mode = (kind) => ({
  kind, cursor: 'crosshair',
  press(point) {
    held = near(point);
    fresh = held < 0 && isRectangle() && points.length !== 1;
    if (fresh) setPoints([toMap(point)]);
    return held >= 0 || isRectangle();
  },
  drag: (point) => dragCorner(toMap(point)),
  click: (point) => held < 0 && !fresh && addCorner(point),
  double() {},
  keys: { Enter: () => addCorner(middle()), Backspace: undo },
  cancel() {
    strip.hidden = true;
  },
});

function tool(kind, key, icon) {
  const name = `Draw a ${kind}`;
  addTool({ name, icon, key, isOn: () => pointer.mode?.kind === kind, press: () => {
    if (pointer.mode?.kind === kind) return setMode(null);
    setMode(mode(kind));
    strip.hidden = false;
    // A rectangle stays as a polygon; a polygon becomes its bounding rectangle.
    const around = boxOf(points);
    setPoints(isRectangle() && points[2] ? rectangle(around, around.slice(2)) : points);
    announce('Enter sets a corner in the middle of the map, Backspace takes it back');
    stage.focus();
  } });
}
tool('rectangle', 'r', 'M4 5h12v10H4z');
tool('polygon', 'p', 'M10 3l7 5-3 8H6L3 8z');

above.push((pane) => {
  const { ctx } = pane, corners = points.map(pane.at);
  pane.onScreen();
  ctx.beginPath();
  corners.forEach(([x, y]) => ctx.lineTo(x, y));
  ctx.closePath();
  ctx.fillStyle = `${colours.mark}33`;
  ctx.fill();
  const lines = () => stroke(ctx, [[5, 'halo'], [2, 'aoi']]);
  lines();
  if (!pointer.mode?.kind) return;
  ctx.fillStyle = colours.halo;
  for (const [x, y] of corners) {
    ctx.beginPath();
    ctx.arc(x, y, 5, 0, 7);
    lines();
    ctx.fill();
  }
  // Mark where Enter sets a corner.
  if (!stage.matches(':focus-visible')) return;
  const [x, y] = middle();
  ctx.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    ctx.moveTo(x + dx * 4, y + dy * 4);
    ctx.lineTo(x + dx * 14, y + dy * 14);
  }
  lines();
});
