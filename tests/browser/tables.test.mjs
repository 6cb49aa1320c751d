// Tests of tables in a notebook's page: sorting and filtering by mouse and by keyboard,
// independently.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displays, open, shot, until } from './open.mjs';

const html = (name) => displays().cells.find((cell) => cell.id === name).outputs[0].data['text/html'];
const pageOf = (...names) => ({
  html: `<!doctype html><meta name="color-scheme" content="light dark"><body style="font-family:system-ui;margin:16px">${names.map((name) => `<section id="${name}">${html(name)}</section>`).join('')}`,
});
const column = (table, index) => table.locator(`tbody tr:not([hidden]) td:nth-child(${index})`).allTextContents();

test('a click on a head sorts up, down, and back', async (t) => {
  const tab = await open(t, pageOf('many-scenes'));
  const head = tab.getByRole('columnheader', { name: 'Cloud' });
  const before = await column(tab, 3);
  const figures = () => column(tab, 3).then((texts) => texts.map(parseFloat));
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'ascending');
  const up = await figures();
  assert.deepEqual(up, up.toSorted((a, b) => a - b));
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), 'descending');
  assert.equal(Math.max(...up), (await figures())[0]);
  await head.getByRole('button').click();
  assert.equal(await head.getAttribute('aria-sort'), null);
  assert.deepEqual(await column(tab, 3), before);
  await tab.silent();
});

test('unknown values come last in both directions', async (t) => {
  const tab = await open(t, pageOf('blocks'));
  const head = tab.getByRole('columnheader', { name: 'Display name' }).getByRole('button');
  for (const turn of ['up', 'down']) {
    await head.click();
    const texts = await column(tab, 2);
    const known = texts.filter((text) => text !== '–');
    assert.deepEqual(texts.slice(0, known.length), known, turn);
  }
  await tab.silent();
});

test('a table is sorted and filtered by keyboard, and shows the number of rows', async (t) => {
  const tab = await open(t, pageOf('many-scenes'));
  const field = tab.getByRole('searchbox', { name: 'Filter the 50 rows shown' });
  await tab.keyboard.press('Tab');
  assert.ok(await field.evaluate((element) => element === document.activeElement));
  await tab.keyboard.type('s2b 2020-11');
  const left = (await column(tab, 1)).length;
  assert.ok(left > 0 && left < 50, `${left}`);
  assert.equal(await tab.getByRole('status').textContent(), `${left} of 50 rows`);
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('Enter');
  assert.equal(await tab.locator('[aria-sort]').textContent(), 'Scene');
  const ids = await column(tab, 1);
  assert.equal(ids.length, left);
  assert.deepEqual(ids, ids.toSorted(new Intl.Collator(undefined, { numeric: true }).compare));
  await field.fill('');
  assert.equal((await column(tab, 1)).length, 50);
  assert.equal(await tab.getByRole('status').textContent(), '');
  await tab.silent();
});

test('two tables of one page are independent', async (t) => {
  const tab = await open(t, pageOf('many-scenes', 'frame', 'many-scenes'));
  const [first, second, third] = await tab.locator('section').all();
  await second.getByRole('searchbox').fill('nothing has this');
  await third.getByRole('columnheader', { name: 'Cloud' }).getByRole('button').click();
  assert.equal((await column(second, 1)).length, 0);
  assert.equal(await second.getByRole('status').textContent(), '0 of 50 rows');
  assert.equal((await column(first, 1)).length, 50);
  assert.equal(await first.locator('[aria-sort]').count(), 0);
  assert.notDeepEqual(await column(first, 1), await column(third, 1));
  await tab.silent();
});

test('a wide table scrolls inside, with its first column in sight', async (t) => {
  const tab = await open(t, pageOf('frame'), { viewport: { width: 480, height: 800 } });
  const widths = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(widths[0] <= widths[1], `${widths}`);
  const box = tab.locator('.up42-scroll');
  const cell = tab.locator('tbody td').first();
  const before = (await cell.boundingBox()).x;
  await box.evaluate((element) => element.scrollTo(600, 300));
  assert.equal((await cell.boundingBox()).x, before);
  const [head, top] = [await tab.locator('thead th').nth(3).boundingBox(), await box.boundingBox()];
  assert.ok(Math.abs(head.y - top.y) < 1, 'the head stays');
  await tab.silent();
});

for (const colorScheme of ['light', 'dark']) {
  test(`tables are looked at in ${colorScheme}`, async (t) => {
    const names = ['many-scenes', 'scene', 'quicklooks', 'jobs', 'estimate', 'batch', 'blocks', 'settings', 'client', 'frame'];
    const tab = await open(t, pageOf(...names), { colorScheme, deviceScaleFactor: 2, viewport: { width: 1000, height: 900 } });
    await until(() => tab.locator('section').count(), (count) => count === names.length, 'the tables');
    await tab.screenshot({ path: shot(`tables-${colorScheme}.png`), fullPage: true });
    await tab.setViewportSize({ width: 420, height: 900 });
    await tab.screenshot({ path: shot(`tables-narrow-${colorScheme}.png`), fullPage: true });
    await tab.silent();
  });
}
