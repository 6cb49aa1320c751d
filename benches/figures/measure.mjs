// Measures the cost of a map in a browser: opens a page from a file and prints, as JSON, the time
// until all of it is shown, the memory of its process, the frame durations during a zoom, and the
// number of network requests.
//
//   node measure.mjs PAGE.html [zoom]
//
// Our map sets performance marks when every visible scene is painted with its picture, and when
// each is as sharp as it gets. A Leaflet page counts as both when it is loaded, each of its images
// is decoded, and two frames have passed. Memory is that of the page's own process (Linux: its
// proportional set size) a second later, after garbage collection. Leaflet itself is served from a
// local copy at once; all other requests of such a page, tiles included, get no response.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [page, zoom] = process.argv.slice(2);
const LONGEST = 90_000; // ms
const leaflet = path.join(path.dirname(fileURLToPath(import.meta.url)), 'node_modules/leaflet/dist');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-features=SpareRendererForSitePerProcess'],
});
const told = { shown: null, sharp: null, memory: null, zoom_p95: null, requests: 0 };
try {
  const context = await browser.newContext({ viewport: { width: 1100, height: 700 } });
  const tab = await context.newPage();
  tab.setDefaultTimeout(LONGEST);
  await context.route(/^https?:/, (route) => {
    told.requests++;
    const name = path.basename(new URL(route.request().url()).pathname);
    const body = ['leaflet.js', 'leaflet.css'].includes(name) ? readFileSync(path.join(leaflet, name)) : '';
    const kind = name.endsWith('.css') ? 'text/css' : name.endsWith('.js') ? 'text/javascript' : 'image/png';
    return route.fulfill({ body, contentType: kind, headers: { 'access-control-allow-origin': '*' } });
  });
  await tab.goto(pathToFileURL(path.resolve(page)).href, { waitUntil: 'commit', timeout: LONGEST });
  told.shown = await tab.evaluate(shown, LONGEST);
  told.sharp = await tab.evaluate(sharp, LONGEST);
  await tab.waitForTimeout(1000);
  told.memory = await memory(tab);
  if (zoom) told.zoom_p95 = await zoomed(tab);
} catch (error) {
  told.failed = String(error).split('\n')[0];
} finally {
  console.log(JSON.stringify(told));
  await Promise.race([browser.close(), new Promise((done) => setTimeout(done, 5000))]);
  process.exit();
}

/** Runs in the page. Returns the seconds from the navigation until the page is shown. */
async function shown(longest) {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  for (;;) {
    if (performance.now() > longest) throw new Error('not shown in time');
    await frame();
    const [mark] = performance.getEntriesByName('shown');
    if (mark) return mark.startTime / 1000;
    if (document.readyState !== 'complete') continue;
    const images = [...document.querySelectorAll('img.leaflet-image-layer')];
    if (images.length === 0) continue;
    await Promise.all(images.map((image) => image.decode()));
    await frame();
    await frame();
    return performance.now() / 1000;
  }
}

/** Runs in the page. Returns the seconds until nothing becomes sharper. */
async function sharp(longest) {
  for (;;) {
    const mark = performance.getEntriesByName('sharp').at(-1);
    if (mark) return mark.startTime / 1000;
    if (!performance.getEntriesByName('shown').length) return null;
    if (performance.now() > longest) throw new Error('not sharp in time');
    await new Promise((done) => requestAnimationFrame(done));
  }
}

/** Returns the memory of the page's process, in MB, after garbage collection. */
async function memory(tab) {
  await (await tab.context().newCDPSession(tab)).send('HeapProfiler.collectGarbage');
  await tab.waitForTimeout(500);
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const size = ({ id }) => {
    try {
      return Number(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1]) / 1000;
    } catch {
      return 0;
    }
  };
  return Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(size)) || null;
}

/** Returns the 95th percentile of frame durations, in ms, while the wheel zooms in and out. */
async function zoomed(tab) {
  await tab.evaluate(() => {
    self.frames = [];
    let last = performance.now();
    const next = (now) => {
      self.frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await tab.mouse.move(450, 350);
  for (const turn of [-120, 120, -120, 120]) {
    for (let i = 0; i < 8; i++) {
      await tab.mouse.wheel(0, turn);
      await tab.waitForTimeout(60);
    }
    await tab.waitForTimeout(300);
  }
  const frames = (await tab.evaluate(() => self.frames)).sort((a, b) => a - b);
  return frames[Math.floor(frames.length * 0.95)];
}
