// Shared helpers of the browser tests: Chromium, a tab without console errors and requests, and
// checks of what is shown.
//
// `cargo test --test it browser` makes the pages and runs every `*.test.mjs` of this folder; first
// run `npm ci` here. The pages stay in `target/tmp/browser`, so that one file, or one test of it,
// then runs alone, without cargo:
//
//   UP42_PAGES=target/tmp/browser node --test tests/browser/map.test.mjs
//   … node --test --test-name-pattern='by keyboard' tests/browser/map.test.mjs
//
// (with CARGO_TARGET_DIR set, they are in `$CARGO_TARGET_DIR/tmp/browser`, and UP42_PAGES is not
// needed). An example of a test:
//
//   import assert from 'node:assert/strict';
//   import { test } from 'node:test';
//   import { open, page } from './open.mjs';
//
//   test('the map fits the area by the key A', async (t) => {
//     const tab = await open(t, page('map.html'));          // closed when the test ends
//     await tab.keyboard.press('a');
//     …
//     await tab.silent();                                    // no console error, no request
//   });
//
// Add further pages to `tests/it/browser/pages.rs` (saved pages) or `cells.rs` (a notebook of
// displays, `displays.ipynb`). No test relies on a sleep: wait for an event (`locator.waitFor`,
// `waitForFunction`), not for a time.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { PATIENCE } from './patience.mjs';
import { decoded } from './png.mjs';

const here = import.meta.dirname;
const target = process.env.CARGO_TARGET_DIR ?? path.join(here, '../../target');

/** The folder of the pages that the library made. */
export const pages = path.resolve(process.env.UP42_PAGES ?? path.join(target, 'tmp/browser'));

/** Returns the path of a page. */
export function page(name) {
  const file = path.join(pages, name);
  if (!existsSync(file)) throw new Error(`\`${file}\` is missing: run \`cargo test --test it browser\` once`);
  return file;
}

/** Returns the path of a screenshot or a download: `shots/NAME` beside the pages. */
export function shot(name) {
  mkdirSync(path.join(pages, 'shots'), { recursive: true });
  return path.join(pages, 'shots', name);
}

let launched;
/** Returns the browser of this test file. */
export function browser() {
  launched ??= chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Without subpixel colours, text looks the same on every screen.
    args: ['--no-sandbox', '--disable-gpu', '--disable-lcd-text', '--font-render-hinting=none',
      '--disable-background-networking', '--disable-component-update'],
  });
  return launched;
}
after(async () => (await launched)?.close());

/** Opens a page in a separate tab. `where` is a file, a URL, or `{ html }`; `options` are those
 *  of a Playwright context (`viewport`, `deviceScaleFactor`, `colorScheme`, …) and `at`: allowed
 *  hosts, `known`: [text, reason] of expected errors and requests. The tab has `silent()`, which
 *  fails if there was an error or a request. */
export async function open(t, where, { at = [], known = [], ...options } = {}) {
  const context = await (await browser()).newContext({ viewport: { width: 1100, height: 700 }, offline: at.length === 0, ...options });
  t.after(() => context.close());
  context.setDefaultTimeout(PATIENCE);
  const tab = await context.newPage();
  const problems = [];
  const report = (kind, text) => known.some(([part]) => text.includes(part)) || problems.push(`${kind}: ${text}`);
  tab.on('console', (message) => message.type() === 'error' && report('console', `${message.text()} (${message.location().url})`));
  tab.on('pageerror', (error) => report('script', error.stack ?? error.message));
  tab.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol === 'file:' && request.isNavigationRequest()) return;
    if (!['data:', 'blob:', 'about:'].includes(protocol) && !at.includes(host)) report('request', request.url());
  });
  tab.on('websocket', (socket) => at.includes(new URL(socket.url()).host) || report('request', socket.url()));
  tab.silent = async () => {
    // Pending work of the page may still fail.
    await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
    if (problems.length) throw new Error(problems.join('\n'));
  };
  if (where.html !== undefined) await tab.setContent(where.html, { waitUntil: 'load' });
  else await tab.goto(/^https?:/.test(where) ? where : pathToFileURL(where).href, { waitUntil: 'load' });
  return tab;
}

/** Lets the map of a saved page fill the window, as in a frame. */
export async function alone(tab) {
  await tab.addStyleTag({ content: '.page{max-width:none!important;padding:0!important}'
    + '.page>:not(main){display:none!important}.page #map{height:100vh!important;border-radius:0!important}' });
  await filled(tab);
}
/** Waits until the map is drawn as large as the window. */
export const filled = (tab) => tab.waitForFunction(() => document.querySelector('.over')?.height === innerHeight * devicePixelRatio);

/** Polls until `holds` accepts the value of `look`, for conditions without an event. */
export async function until(look, holds, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) throw new Error(`${what}: it stayed ${JSON.stringify(seen)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Opens the map of the notebook of displays, in its sandboxed frame as in a notebook. */
export async function framed(t, options) {
  const { outputs } = displays().cells.find((cell) => cell.id === 'map');
  const file = path.join(pages, 'framed.html');
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><body style="margin:0">${outputs[0].data['text/html']}`);
  const tab = await open(t, file, options);
  const frame = tab.locator('iframe').contentFrame();
  await frame.locator('.stage').waitFor();
  return { tab, frame };
}

/** Moves the mouse to a point of a map, and returns the longitude and latitude there. */
export async function position(tab, x, y) {
  await tab.mouse.move(x, y);
  return (await tab.locator('.position').innerText()).split(', ').map(Number);
}

/** Waits until a map is painted as sharp as it gets: before that, the still picture or a map
 *  without its pictures is shown, which may also be unchanged for a while. */
export const sharp = (stage) => until(() => stage.evaluate(() => performance.getEntriesByName('sharp').length), Boolean, 'the map, painted');

/** Returns the number of different colours of an element, coarsely: a blank map has a handful,
 *  one with pictures hundreds. */
export async function colours(locator) {
  const { data } = await pixels(await locator.screenshot());
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) seen.add(((data[i] >> 3) << 10) | ((data[i + 1] >> 3) << 5) | (data[i + 2] >> 3));
  return seen.size;
}

/** Returns the pixels of a PNG or JPEG: `{ width, height, data }`, four bytes each. */
export async function pixels(picture) {
  if (picture[0] === 0x89) return decoded(picture);
  // JPEGs are decoded in the browser, which converts them to PNG.
  blank ??= (await browser()).newPage();
  const png = await (await blank).evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none' });
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL().split(',')[1];
  }, Buffer.from(picture).toString('base64'));
  return decoded(Buffer.from(png, 'base64'));
}
let blank;

/** Returns the notebook of displays, with one output in each cell. */
export function displays() {
  return JSON.parse(readFileSync(page('displays.ipynb'), 'utf8'));
}
