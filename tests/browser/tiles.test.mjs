// Tests with tiles of a server that exists only here: some are delivered, some are refused.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { open, page, pixels, sharp, until } from './open.mjs';

const HOST = '127.0.0.1:8123';
const GREEN = '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#0a0"/></svg>';

/** Opens the map; `answer` determines what happens to a tile: 'come', 'refuse', 'hang'. */
async function withTiles(t, answer) {
  const known = [['403', 'the server refuses on purpose'], ['net::ERR', 'the same']];
  const tab = await open(t, { html: '' }, { at: [HOST], known });
  const asked = [];
  let open_ = 0, most = 0;
  await tab.route(`http://${HOST}/**`, async (route) => {
    const [, z, x, y] = new URL(route.request().url()).pathname.match(/^\/(\d+)\/(\d+)\/(\d+)\.svg$/).map(Number);
    asked.push([z, x, y]);
    most = Math.max(most, ++open_);
    const what = answer(asked.length);
    if (what === 'hang') return;
    const headers = { 'access-control-allow-origin': '*' };
    await route.fulfill(what === 'come' ? { headers, contentType: 'image/svg+xml', body: GREEN } : { status: 403, headers, body: '' });
    open_--;
  });
  await tab.goto(`file://${page('tiles.html')}`);
  return { tab, asked, most: () => most };
}

const share = async (tab, is) => {
  const { data } = await pixels(await tab.locator('.stage').screenshot());
  let count = 0;
  for (let i = 0; i < data.length; i += 4) count += is(data[i], data[i + 1], data[i + 2]);
  return count / (data.length / 4);
};
const green = (r, g, b) => r < 30 && g > 140 && b < 30;

test('tiles lie under the scenes, a few at a time, and can be saved', async (t) => {
  const { tab, asked, most } = await withTiles(t, () => 'come');
  await until(() => share(tab, green), (part) => part > 0.25, 'tiles are shown');
  assert.ok(asked.length < 60 && most() <= 4, `${asked.length} tiles, ${most()} at once`);
  assert.equal(new Set(asked.map(String)).size, asked.length, 'each is asked for once');
  assert.ok((await tab.locator('.attribution').textContent()).includes('© <b>Tiles</b> & co'), 'the attribution is text');
  const download = tab.waitForEvent('download');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('s');
  const saved = await pixels(await readFile(await (await download).path()));
  assert.ok(saved.data.some((_, i) => i % 4 === 0 && green(saved.data[i], saved.data[i + 1], saved.data[i + 2])));
  // The same key switches them off.
  await tab.keyboard.press('b');
  await until(() => share(tab, green), (part) => part < 0.01, 'tiles are off');
  await tab.silent();
});

test('where some tiles fail the base map shows through', async (t) => {
  const { tab, asked } = await withTiles(t, (nth) => (nth % 3 ? 'come' : 'refuse'));
  await until(() => share(tab, green), (part) => part > 0.1, 'some tiles are shown');
  await until(() => asked.length, (count) => count > 8, 'the others are asked for');
  await tab.silent();
});

test('requests to a server that refuses all are paused', async (t) => {
  const { tab, asked } = await withTiles(t, () => 'refuse');
  await tab.getByText('The tiles cannot be reached').waitFor({ state: 'attached' });
  const before = asked.length;
  await tab.locator('.stage').focus();
  for (const key of ['+', '+', '-']) await tab.keyboard.press(key);
  await tab.evaluate(() => performance.clearMarks('sharp'));
  await tab.keyboard.press('ArrowLeft');
  // The map is painted at its new position, so it has sent all its requests.
  await sharp(tab.locator('.stage'));
  assert.ok(before <= 10 && asked.length === before, `${asked.length} tiles were asked for, ${before} before`);
  await tab.silent();
});

test('a server that never answers does not block the map', async (t) => {
  const { tab, asked } = await withTiles(t, () => 'hang');
  await until(() => asked.length, (count) => count === 4, 'four tiles are waited for');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('0');
  assert.ok(await share(tab, green) === 0);
  await tab.silent();
});
