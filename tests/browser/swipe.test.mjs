// Tests of the comparison of two scenes: the selected scenes, and what each side of the line shows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colours, open, page, pixels, sharp, until } from './open.mjs';

/** Opens a map and compares two scenes at its centre. */
async function compared(t, begin) {
  const tab = await open(t, page('map.html'));
  await tab.locator('.stage').waitFor();
  await tab.getByRole('button', { name: 'Layers' }).click();
  await begin(tab);
  const divider = tab.getByRole('slider', { name: 'Divider' });
  await divider.waitFor();
  const sides = ['Left scene', 'Right scene'].map((name) => tab.getByRole('combobox', { name }));
  await sharp(tab.locator('.stage'));
  await until(() => colours(tab.locator('.stage')), (seen) => seen > 500, 'the colours of the map');
  return { tab, divider, sides };
}

/** Returns the mean colour of a part of the map that both scenes cover. */
async function colourAt(tab, x, y) {
  const { data } = await pixels(await tab.screenshot({ clip: { x: x - 20, y: y - 20, width: 40, height: 40 } }));
  return [0, 1, 2].map((i) => data.filter((_, n) => n % 4 === i).reduce((sum, value) => sum + value, 0) / (data.length / 4));
}
const apart = (one, other) => Math.hypot(...one.map((value, i) => value - other[i]));

test('two scenes are compared by mouse: each is seen on its side of the line', async (t) => {
  const { tab, divider, sides } = await compared(t, (tab) => tab.getByRole('button', { name: 'Compare two scenes' }).click());
  // A clear scene, and one full of clouds.
  const titles = await sides[0].locator('option').allInnerTexts();
  const cloudy = titles.findIndex((title) => title.includes('2019-11-22')), clear = titles.findIndex((title) => title.includes('2019-12-27'));
  await sides[0].selectOption({ index: clear });
  await sides[1].selectOption({ index: cloudy });
  const box = await divider.boundingBox();
  const grip = [box.x + box.width / 2, box.y + box.height / 2];
  const drag = async (x) => {
    const now = await divider.boundingBox();
    await tab.mouse.move(now.x + now.width / 2, grip[1]);
    await tab.mouse.down();
    await tab.mouse.move(x, grip[1], { steps: 5 });
    await tab.mouse.up();
  };
  const place = [grip[0], grip[1] - 100];
  await drag(place[0] + 200);
  const left = await colourAt(tab, ...place);
  await drag(place[0] - 200);
  const right = await until(() => colourAt(tab, ...place), (seen) => apart(seen, left) > 60, 'what is right of the line');
  assert.ok(right.every((value) => value > 120), `cloud is bright: ${right}`);
  assert.ok(Math.abs(Number(await divider.getAttribute('aria-valuenow')) - (place[0] - 200) / 11) <= 1);
  // After the swap, the clear scene is there.
  await tab.getByRole('button', { name: 'Swap' }).click();
  await until(() => colourAt(tab, ...place), (seen) => apart(seen, left) < 12, 'what is right of the line');
  await tab.getByRole('button', { name: 'End the comparison' }).click();
  await divider.waitFor({ state: 'hidden' });
  await tab.silent();
});

test('the line of a comparison moves by keys', async (t) => {
  const { tab, divider, sides } = await compared(t, async (tab) => {
    await tab.locator('.stage').focus();
    await tab.keyboard.press('w');
  });
  assert.ok(await divider.evaluate((node) => node === document.activeElement), 'the line has the focus');
  const now = async () => Number(await divider.getAttribute('aria-valuenow'));
  assert.equal(await now(), 50);
  for (const [key, wanted] of [['ArrowLeft', 48], ['ArrowRight', 50], ['PageUp', 60], ['Home', 0], ['End', 100], ['PageDown', 90]]) {
    await tab.keyboard.press(key);
    assert.equal(await now(), wanted, key);
  }
  assert.match(await divider.getAttribute('aria-valuetext'), /^90 % \S+/);
  const [left, right] = await Promise.all(sides.map((side) => side.inputValue()));
  assert.notEqual(left, right);
  // Selecting the other side's scene swaps the two.
  await sides[0].selectOption(right);
  assert.deepEqual(await Promise.all(sides.map((side) => side.inputValue())), [right, left]);
  await tab.locator('.stage').focus();
  await tab.keyboard.press('w');
  await divider.waitFor({ state: 'hidden' });
  await tab.silent();
});

test('the two selected scenes are compared', async (t) => {
  const tab = await open(t, page('map.html'));
  const boxes = tab.locator('.panel').getByRole('checkbox');
  await boxes.first().waitFor();
  await boxes.nth(1).check();
  await boxes.nth(3).check();
  const ids = await tab.locator('.panel .item').filter({ has: tab.locator('input:checked') }).locator('small').allInnerTexts();
  await tab.getByRole('button', { name: 'Compare two scenes' }).click();
  const names = await Promise.all(['Left scene', 'Right scene'].map((name) => tab.getByRole('combobox', { name }).locator('option:checked').innerText()));
  for (const id of ids) assert.ok(names.some((one) => one.includes(id.slice(0, 10))), `${names} are ${ids}`);
  // Showing all scenes ends the comparison.
  await tab.getByRole('button', { name: 'Show all' }).click();
  await tab.getByRole('slider', { name: 'Divider' }).waitFor({ state: 'hidden' });
  await tab.silent();
});
