// Tests of the appearance of a map and a table, in the light and the dark theme, on screens of low
// and high density, compared with the screenshots in `shots`.
//
// After an intended change, update the screenshots by
//
//   UP42_UPDATE_SHOTS=1 node --test tests/browser/screenshots.test.mjs
//
// and look at them before the commit. Screenshots that differ are in `target/tmp/browser/shots`:
// NAME.png, with the differences in NAME.differs.png.
//
// Tolerance: two machines smooth text and slanted lines differently, and may have other fonts, so
// that single pixels along edges differ slightly. A pixel counts as different if its colour
// distance is more than 48 (of 441, the distance from black to white) to every pixel within two of
// its place, and a screenshot if more than 0.2 % of its pixels are different. A missing label,
// icon, line or colour exceeds that.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { displays, framed, open, pixels, sharp, shot, until } from './open.mjs';
import { encoded } from './png.mjs';

const SHOTS = path.join(import.meta.dirname, 'shots');
const FAR = 48, NEAR = 2, MOST = 0.002;
const viewport = { width: 640, height: 460 };

for (const colorScheme of ['light', 'dark']) {
  for (const deviceScaleFactor of [1, 2]) {
    const how = `${colorScheme}-${deviceScaleFactor}x`;

    test(`a map looks as it did, ${how}`, async (t) => {
      const { tab, frame } = await framed(t, { viewport, colorScheme, deviceScaleFactor });
      await sharp(frame.locator('.stage'));
      await rest(tab);
      await same(`map-${how}`, await tab.screenshot());
    });

    test(`a table looks as it did, ${how}`, async (t) => {
      const { outputs } = displays().cells.find((cell) => cell.id === 'scenes');
      const page = `<!doctype html><meta name="color-scheme" content="light dark"><body style="font:13px/1.4 sans-serif">${outputs[0].data['text/html']}`;
      const tab = await open(t, { html: page }, { viewport: { width: 800, height: 360 }, colorScheme, deviceScaleFactor });
      await same(`table-${how}`, await tab.screenshot());
    });
  }
}

test('a changed map is detected', async (t) => {
  const { tab, frame } = await framed(t, { viewport, colorScheme: 'light', deviceScaleFactor: 1 });
  await sharp(frame.locator('.stage'));
  await rest(tab);
  const before = await pixels(await tab.screenshot());
  await frame.getByRole('button', { name: 'Graticule' }).click();
  await tab.mouse.move(0, 0);
  const share = async () => difference(before, await pixels(await tab.screenshot())).share;
  await until(share, (seen) => seen > MOST, 'the share of the pixels that differ without the graticule');
});

/** Waits until two screenshots in succession are the same. */
async function rest(tab) {
  let before = '';
  await until(async () => {
    const now = (await tab.screenshot()).toString('base64');
    const is = now === before;
    before = now;
    return is;
  }, Boolean, 'the map at rest');
}

async function same(name, png) {
  const file = path.join(SHOTS, `${name}.png`);
  writeFileSync(shot(`${name}.png`), png);
  if (process.env.UP42_UPDATE_SHOTS) return writeFileSync(file, png);
  assert.ok(existsSync(file), `\`${file}\` is missing: see the beginning of this test`);
  const [wanted, seen] = [await pixels(readFileSync(file)), await pixels(png)];
  assert.deepEqual([seen.width, seen.height], [wanted.width, wanted.height]);
  const { share, marked } = difference(wanted, seen);
  if (share > MOST) writeFileSync(shot(`${name}.differs.png`), encoded(marked));
  assert.ok(share <= MOST, `${(share * 100).toFixed(2)} % of \`${name}\` differ: look at \`${shot(`${name}.differs.png`)}\``);
}

/** Returns the share of pixels of one picture without a similar one nearby in the other, in both
 *  directions, and a picture that marks them. */
function difference(one, other) {
  const { width, height } = one;
  const marked = { width, height, data: Buffer.from(other.data.map((value, i) => (i % 4 === 3 ? 255 : 190 + value / 4))) };
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isFar(one, other, x, y) && !isFar(other, one, x, y)) continue;
      count++;
      marked.data.set([220, 0, 60], (y * width + x) * 4);
    }
  }
  return { share: count / (width * height), marked };
}
function isFar(one, other, x, y) {
  const { width, height } = one;
  const at = (y * width + x) * 4;
  const apart = (there) => Math.hypot(one.data[at] - other.data[there], one.data[at + 1] - other.data[there + 1], one.data[at + 2] - other.data[there + 2]);
  if (apart(at) <= FAR) return false;
  for (let v = Math.max(0, y - NEAR); v <= Math.min(height - 1, y + NEAR); v++) {
    for (let u = Math.max(0, x - NEAR); u <= Math.min(width - 1, x + NEAR); u++) {
      if (apart((v * width + u) * 4) <= FAR) return false;
    }
  }
  return true;
}
