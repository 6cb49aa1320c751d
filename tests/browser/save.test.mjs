// Tests of saving the view as a PNG.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alone, colours, framed, open, page, pixels, sharp, shot } from './open.mjs';

for (const [how, save] of [
  ['by mouse', (tab) => tab.getByRole('button', { name: 'Save as picture' }).click()],
  ['by keys', async (tab) => {
    await tab.locator('.stage').focus();
    await tab.keyboard.press('s');
  }],
]) {
  test(`the map is saved as a picture, twice as large, ${how}`, async (t) => {
    const tab = await open(t, page('map.html'));
    await alone(tab);
    const stage = tab.locator('.stage');
    await stage.waitFor();
    await sharp(stage);
    assert.ok(await colours(stage) > 500);
    const [download] = await Promise.all([tab.waitForEvent('download'), save(tab)]);
    assert.equal(download.suggestedFilename(), '12-quicklooks-Dakar.png');
    const saved = await download.path();
    copyFileSync(saved, shot(`saved ${how}.png`));
    const picture = await pixels(readFileSync(saved));
    assert.deepEqual([picture.width, picture.height], [2200, 1400]);
    // Outside of the controls, the picture shows the same as the window.
    const seen = await pixels(await tab.screenshot());
    for (const [x, y] of [[300, 200], [400, 300], [500, 450], [600, 250]]) {
      const here = [...seen.data.subarray((y * seen.width + x) * 4, (y * seen.width + x) * 4 + 3)];
      const there = [...picture.data.subarray((2 * y * picture.width + 2 * x) * 4, (2 * y * picture.width + 2 * x) * 4 + 3)];
      assert.ok(Math.hypot(...here.map((value, i) => value - there[i])) < 30, `at ${x}, ${y}: ${here} is saved as ${there}`);
    }
    // The scale and the attribution are in the lower corners, where there would otherwise be sea
    // and land.
    for (const [x, y, width, height, what] of [[20, 1340, 200, 50, 'scale'], [2000, 1350, 190, 40, 'attribution']]) {
      const shades = new Set();
      for (let j = y; j < y + height; j++) for (let i = x; i < x + width; i++) shades.add(picture.data.readUInt32LE((j * picture.width + i) * 4));
      assert.ok(shades.size > 20, `${what}: ${shades.size} colours`);
    }
    await tab.silent();
  });
}

test('the map is saved in a sandboxed frame', async (t) => {
  const { tab, frame } = await framed(t);
  const [download] = await Promise.all([tab.waitForEvent('download'), frame.getByRole('button', { name: 'Save as picture' }).click()]);
  const { width, height } = await pixels(readFileSync(await download.path()));
  const box = await tab.locator('iframe').boundingBox();
  assert.ok(Math.abs(width - box.width * 2) <= 2 && Math.abs(height - box.height * 2) <= 2, `${width} × ${height}`);
  await tab.silent();
});
