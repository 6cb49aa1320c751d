// Tests with strings of an attacker in every text of every display: none of them runs, sends a
// request, or becomes part of the page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { open, page, shot, until } from './open.mjs';

test('hostile strings run nothing, in the page and in its maps', async (t) => {
  const tab = await open(t, { html: '<!doctype html>' }, { viewport: { width: 1000, height: 900 } });
  const dialogs = [];
  tab.on('dialog', (dialog) => dialogs.push(dialog.message()) && dialog.dismiss());
  const away = [];
  tab.on('framenavigated', (frame) => frame.url().startsWith('about:') || away.push(frame.url()));
  tab.context().on('page', (other) => away.push(other.url()));
  await tab.setContent(readFileSync(page('outside.html'), 'utf8'), { waitUntil: 'load' });
  const frames = tab.locator('iframe');
  assert.ok(await frames.count() >= 3);
  for (const frame of await frames.all()) {
    await frame.scrollIntoViewIfNeeded();
    await frame.contentFrame().locator('canvas').first().waitFor();
  }
  const sections = await tab.locator('body > section').count();
  assert.ok(sections > 80, `${sections} displays`);
  for (const frame of tab.frames()) {
    const found = await frame.evaluate(() => ({
      ran: globalThis.ran,
      handlers: [...document.querySelectorAll('*')].flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on'))),
      links: [...document.querySelectorAll('[href], [action], [formaction], base, meta[http-equiv=refresh], object, embed')].map((element) => element.outerHTML),
      sources: [...document.querySelectorAll('[src]')].map((element) => element.src).filter((src) => !/^(data:image\/(png|jpeg|svg\+xml)|blob:)/.test(src)),
    }));
    assert.deepEqual(found, { ran: undefined, handlers: [], links: [], sources: [] }, frame.url());
  }
  const odd = await tab.evaluate(() => [...new Set([...document.body.querySelectorAll('*')].map((element) => element.localName))].sort());
  assert.deepEqual(odd, ['b', 'bdi', 'br', 'button', 'code', 'div', 'figcaption', 'figure', 'iframe', 'img', 'input', 'p', 'pre',
    'script', 'section', 'small', 'span', 'style', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr']);
  // Every table can still be sorted and filtered, and no text widens the page.
  for (const field of await tab.getByRole('searchbox').all()) await field.fill('onerror');
  for (const head of await tab.locator('thead th:first-child button').all()) await head.dispatchEvent('click');
  const [wide, inner] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide <= inner, `the page is ${wide} wide`);
  await tab.locator('#jobs').screenshot({ path: shot('outside-jobs.png') });
  await tab.locator('#map').screenshot({ path: shot('outside-map.png') });
  assert.deepEqual({ dialogs, away }, { dialogs: [], away: [] });
  await tab.silent();
});

test('hostile strings are text in the list and the card of a map', async (t) => {
  const tab = await open(t, { html: '<!doctype html>' }, { viewport: { width: 1000, height: 900 } });
  await tab.setContent(readFileSync(page('outside.html'), 'utf8'), { waitUntil: 'load' });
  const frame = tab.locator('#map iframe');
  await frame.scrollIntoViewIfNeeded();
  const map = frame.contentFrame();
  await map.locator('canvas').first().waitFor();
  for (const button of await map.getByRole('button').all()) {
    if (await button.isVisible() && await button.isEnabled()) await button.dispatchEvent('click');
  }
  const ran = () => map.locator('body').evaluate(() => globalThis.ran);
  await until(ran, (seen) => seen === undefined, 'what ran');
  assert.equal(await tab.evaluate(() => globalThis.ran), undefined);
  await tab.silent();
});
