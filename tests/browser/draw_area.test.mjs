// Tests of drawing an area on the map, by mouse and by keyboard. Copied areas are read by Rust
// (`tests/it/browser`) from the folder `drawn`.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { alone, framed, open, page, pages, position, until } from './open.mjs';

const drawn = path.join(pages, 'drawn');
mkdirSync(drawn, { recursive: true });
async function keep(name, geojson, strip) {
  writeFileSync(path.join(drawn, `${name}.geojson`), geojson);
  const area = await strip.getByRole('status').innerText();
  assert.match(area, /^[\d,.e+]+ km²$/);
  writeFileSync(path.join(drawn, `${name}.km2`), area.replace(/,| km²/g, ''));
}

/** Opens a map. Returns its tab, its drawing controls, and a function that copies the drawn
 *  area. */
async function map(t, name) {
  const tab = await open(t, page(`${name}.html`), { permissions: ['clipboard-read', 'clipboard-write'] });
  await alone(tab);
  await tab.locator('.stage').waitFor();
  // Makes room to draw.
  await tab.getByRole('button', { name: 'Layers' }).click();
  const strip = tab.getByRole('group', { name: 'Draw an area' });
  const copied = async (button = 'Copy GeoJSON') => {
    await tab.evaluate(() => navigator.clipboard.writeText(''));
    await strip.locator(`[data-caption="${button}"]`).or(strip.getByRole('button', { name: button })).first().click();
    return until(() => tab.evaluate(() => navigator.clipboard.readText()), Boolean, 'what was copied');
  };
  return { tab, strip, copied };
}
const ring = (text) => JSON.parse(text).coordinates[0];
const close = (one, other, by, what) => assert.ok(Math.abs(one - other) <= by, `${what}: ${one}, not ${other}`);

test('a rectangle is dragged, and copied as GeoJSON and as Rust', async (t) => {
  const { tab, strip, copied } = await map(t, 'map');
  await tab.getByRole('button', { name: 'Draw a rectangle' }).click();
  assert.ok(await strip.getByRole('button', { name: 'Copy GeoJSON' }).isDisabled(), 'there is nothing to copy yet');
  const from = await position(tab, 200, 150);
  await tab.mouse.down();
  await tab.mouse.move(420, 330, { steps: 4 });
  await tab.mouse.up();
  const to = await position(tab, 420, 330);
  const geojson = await copied();
  const corners = ring(geojson);
  assert.equal(corners.length, 5);
  assert.deepEqual(corners[0], corners[4]);
  const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)];
  for (const [seen, wanted, what] of [[Math.min(...lons), from[0], 'west'], [Math.max(...lons), to[0], 'east'], [Math.max(...lats), from[1], 'north'], [Math.min(...lats), to[1], 'south']]) close(seen, wanted, 0.006, what);
  await keep('rectangle', geojson, strip);
  const rust = await copied('Copy Rust');
  assert.equal(rust, `let aoi = Aoi::from_geojson(r#"${geojson}"#)?;`);

  // Dragging a corner: the opposite one stays.
  await tab.mouse.move(420, 330);
  await tab.mouse.down();
  await tab.mouse.move(500, 300, { steps: 3 });
  await tab.mouse.up();
  const moved = ring(await copied());
  close(Math.max(...moved.map(([lon]) => lon)), (await position(tab, 500, 300))[0], 0.006, 'east');
  close(Math.min(...moved.map(([lon]) => lon)), from[0], 0.006, 'west');
  await tab.silent();
});

test('a polygon is clicked, corrected and downloaded', async (t) => {
  const { tab, strip, copied } = await map(t, 'map');
  await tab.getByRole('button', { name: 'Draw a polygon' }).click();
  for (const [x, y] of [[200, 200], [400, 180], [420, 350], [250, 380], [600, 600]]) await tab.mouse.click(x, y);
  await strip.getByRole('button', { name: 'Undo' }).click();
  const before = ring(await copied());
  assert.equal(before.length, 5);
  const turn = before.slice(1).reduce((sum, [x, y], i) => sum + before[i][0] * y - x * before[i][1], 0);
  assert.ok(turn > 0, 'the ring runs counterclockwise (RFC 7946)');
  await tab.mouse.move(420, 350);
  await tab.mouse.down();
  await tab.mouse.move(520, 450, { steps: 3 });
  await tab.mouse.up();
  const [lon, lat] = await position(tab, 520, 450);
  const after = await copied();
  assert.ok(ring(after).some(([x, y]) => Math.abs(x - lon) < 0.006 && Math.abs(y - lat) < 0.006), 'the corner has moved');
  assert.equal(ring(after).length, 5);
  const [download] = await Promise.all([tab.waitForEvent('download'), strip.getByRole('button', { name: 'Download' }).click()]);
  assert.match(download.suggestedFilename(), /^12-quicklooks-Dakar\.geojson$/);
  assert.equal(readFileSync(await download.path(), 'utf8'), after);
  await keep('polygon', after, strip);
  // A drag beside the corners moves the map; a rectangle is drawn around the polygon.
  await tab.getByRole('button', { name: 'Draw a rectangle' }).click();
  assert.equal(ring(await copied()).length, 5);
  await strip.getByRole('button', { name: 'Clear' }).click();
  assert.ok(await strip.getByRole('button', { name: 'Copy GeoJSON' }).isDisabled());
  await tab.silent();
});

test('a polygon is drawn by keys alone', async (t) => {
  const { tab, strip, copied } = await map(t, 'map');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('p');
  await strip.waitFor();
  const places = [];
  for (const moves of [[], ['ArrowRight', 'ArrowRight'], ['ArrowDown', 'ArrowDown'], ['ArrowLeft']]) {
    for (const key of moves) await tab.keyboard.press(key);
    await tab.keyboard.press('Enter');
    places.push((await tab.locator('.position').innerText()).split(', ').map(Number));
  }
  await tab.keyboard.press('Backspace');
  const corners = ring(await copied());
  assert.equal(corners.length, 4, 'the last corner was taken back');
  for (const [lon, lat] of places.slice(0, 3)) assert.ok(corners.some(([x, y]) => Math.abs(x - lon) < 0.006 && Math.abs(y - lat) < 0.006), `${lon}, ${lat}`);
  await tab.locator('.stage').focus();
  await tab.keyboard.press('Escape');
  await strip.waitFor({ state: 'hidden' });
  // The drawn area is kept.
  await tab.keyboard.press('p');
  assert.deepEqual(ring(await copied()), corners);
  await tab.silent();
});

test('an area across the antimeridian is cut there', async (t) => {
  const { tab, strip, copied } = await map(t, 'fiji');
  await tab.getByRole('button', { name: 'Draw a rectangle' }).click();
  const [west, north] = await position(tab, 150, 150);
  await tab.mouse.down();
  await tab.mouse.move(950, 500, { steps: 3 });
  await tab.mouse.up();
  const [east, south] = await position(tab, 950, 500);
  assert.ok(west > 170 && east < -170, `${west} to ${east}`);
  const geojson = await copied();
  const { type, coordinates } = JSON.parse(geojson);
  assert.equal(type, 'MultiPolygon');
  const boxes = coordinates.map(([one]) => [Math.min(...one.map(([lon]) => lon)), Math.max(...one.map(([lon]) => lon))]);
  close(boxes[0][0], west, 0.006, 'west');
  assert.deepEqual([boxes[0][1], boxes[1][0]], [180, -180]);
  close(boxes[1][1], east, 0.006, 'east');
  const lats = coordinates.flat(2).map(([, lat]) => lat);
  close(Math.max(...lats), north, 0.006, 'north');
  close(Math.min(...lats), south, 0.006, 'south');
  await keep('antimeridian', geojson, strip);
  await tab.silent();
});

test('a rectangle wider than half the Earth is not inverted', async (t) => {
  const { tab, strip, copied } = await map(t, 'map');
  await tab.locator('.stage').focus();
  for (let i = 0; i < 40; i++) await tab.keyboard.press('-');
  // 240° wide, from the Pacific in the west to Asia.
  const left = 490, degrees = ((await position(tab, left + 10, 350))[0] - (await position(tab, left, 350))[0]) / 10;
  const right = Math.round(left + 240 / degrees);
  await tab.keyboard.press('r');
  await tab.mouse.move(left, 300);
  await tab.mouse.down();
  await tab.mouse.move(right, 380, { steps: 3 });
  await tab.mouse.up();
  const geojson = await copied();
  const corners = ring(geojson);
  for (const [i, [lon]] of corners.slice(1).entries()) assert.ok(Math.abs(lon - corners[i][0]) <= 120, 'no edge is long');
  await keep('wide', geojson, strip);
  await tab.silent();
});

test('in a sandboxed frame the area is copied and downloaded', async (t) => {
  const { tab, frame } = await framed(t, { permissions: ['clipboard-read', 'clipboard-write'] });
  await tab.evaluate(() => navigator.clipboard.writeText(''));
  await frame.locator('.stage').focus();
  await tab.keyboard.press('r');
  await tab.keyboard.press('Enter');
  for (const key of ['ArrowRight', 'ArrowDown']) await tab.keyboard.press(key);
  await tab.keyboard.press('Enter');
  const strip = frame.getByRole('group', { name: 'Draw an area' });
  await strip.getByRole('button', { name: 'Copy GeoJSON' }).click();
  const text = await until(() => tab.evaluate(() => navigator.clipboard.readText().catch(() => '')), (seen) => seen.startsWith('{'), 'the clipboard');
  assert.equal(ring(text).length, 5);
  const [download] = await Promise.all([tab.waitForEvent('download'), strip.getByRole('button', { name: 'Download' }).click()]);
  assert.equal(readFileSync(await download.path(), 'utf8'), text);
  await keep('framed', text, strip);
  await tab.silent();
});
