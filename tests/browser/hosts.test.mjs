// Tests of the displays where notebooks are read: JupyterLab and Notebook 7, trusted and untrusted,
// nbconvert's page, and a page without scripts, frames and styles, as on GitHub.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { convert, python, start } from './jupyter.mjs';
import { colours, displays, open, page, sharp, shot, until } from './open.mjs';

const KNOWN = {
  notebook: [
    ["reading 'schema'", 'Notebook 7 loads the settings of plugins of JupyterLab that it does not have'],
    ["'filebrowser:open-path' not registered", 'a command of JupyterLab that Notebook 7 does not have'],
  ],
  nbconvert: [
    ['https://cdnjs.cloudflare.com/', 'every page of nbconvert asks for RequireJS and MathJax'],
    ['ERR_INTERNET_DISCONNECTED', 'and does not get them here'],
  ],
};

const notebook = displays();
const named = (name) => notebook.cells.findIndex((cell) => cell.id === name);
const interpreter = python();
const skip = interpreter === null;
let jupyter;
before(async () => {
  if (!skip) jupyter = await start(interpreter, notebook);
});
after(() => jupyter?.stop());

for (const host of ['lab', 'notebook']) {
  for (const name of ['trusted', 'untrusted']) {
    test(`in ${host === 'lab' ? 'JupyterLab' : 'Notebook 7'}, ${name}`, { skip }, async (t) => {
      const tab = await open(t, jupyter[host](name), { at: [jupyter.host], known: KNOWN[host], viewport: { width: 1300, height: 900 } });
      await withoutKernel(tab);
      const output = outputs(tab);
      await (name === 'trusted' ? interactive : still)(await output('map'));
      await tab.screenshot({ path: shot(`${host}-${name}-map.png`) });
      await readable(output);
      await pictures(output);
      await tab.screenshot({ path: shot(`${host}-${name}.png`) });
      await tab.silent();
    });
  }
}

test('in JupyterLab, the map and the tables follow the dark theme', { skip }, async (t) => {
  const tab = await open(t, jupyter.lab('trusted'), { at: [jupyter.host], viewport: { width: 1300, height: 900 } });
  await withoutKernel(tab);
  const output = outputs(tab);
  const map = (await output('map')).locator('iframe');
  const theme = () => map.contentFrame().locator('html').getAttribute('data-theme');
  await until(theme, (seen) => seen === 'light', 'the theme of the map');
  await tab.evaluate(() => window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' }));
  await until(theme, (seen) => seen === 'dark', 'the theme of the map');
  const sea = () => map.contentFrame().locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
  assert.ok(luminance(rgb(await sea())) < 0.05, await sea());
  await tab.screenshot({ path: shot('lab-dark-map.png') });
  await readable(output);
  await tab.screenshot({ path: shot('lab-dark.png') });
  // A map that is opened later gets the theme too.
  await tab.reload();
  await until(theme, (seen) => seen === 'dark', 'the theme of the map');
  await tab.silent();
});

test('in the page of nbconvert', { skip }, async (t) => {
  convert(interpreter, page('displays.ipynb'), shot('../nbconvert.html'));
  const tab = await open(t, page('nbconvert.html'), { known: KNOWN.nbconvert, viewport: { width: 1300, height: 900 } });
  const output = outputs(tab);
  await interactive(await output('map'));
  await readable(output);
  await pictures(output);
  await tab.screenshot({ path: shot('nbconvert.png'), fullPage: true });
  await tab.silent();
});

test('in a page without scripts, frames and styles', async (t) => {
  const tab = await open(t, { html: '<!doctype html><body>' }, { viewport: { width: 900, height: 900 } });
  await tab.evaluate((cells) => {
    for (const cell of cells) {
      const { body } = new DOMParser().parseFromString(cell.outputs[0].data['text/html'], 'text/html');
      body.querySelectorAll('script, style, iframe, link, object, svg, input, button, select, form').forEach((found) => found.remove());
      const kept = ['src', 'alt', 'width', 'height', 'title', 'colspan', 'rowspan', 'align', 'dir', 'open'];
      for (const element of body.querySelectorAll('*')) {
        for (const { name } of [...element.attributes]) if (!kept.includes(name)) element.removeAttribute(name);
      }
      const output = document.createElement('div');
      output.className = 'jp-Cell';
      output.innerHTML = `<div class="jp-OutputArea-output">${body.innerHTML}</div>`;
      document.body.append(output);
    }
  }, notebook.cells);
  const output = outputs(tab);
  await still(await output('map'));
  await readable(output);
  await pictures(output);
  await tab.screenshot({ path: shot('stripped.png'), fullPage: true });
  await tab.silent();
});

/** Chooses "No Kernel", since a reader has no kernel for Rust. */
async function withoutKernel(tab) {
  const dialog = tab.locator('.jp-Dialog');
  await dialog.waitFor();
  await dialog.getByRole('button', { name: 'No Kernel' }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Returns the output of the cell with a name, scrolled into view. */
function outputs(tab) {
  return async (name) => {
    const cell = tab.locator('.jp-Cell').nth(named(name));
    await cell.scrollIntoViewIfNeeded();
    const output = cell.locator('.jp-OutputArea-output').first();
    await output.waitFor();
    return output;
  };
}

/** Checks that the map is shown with its pictures, at a usable size. */
async function interactive(output) {
  const frame = output.locator('iframe');
  await frame.contentFrame().locator('canvas').first().waitFor();
  const { width, height } = await frame.boundingBox();
  assert.ok(width > 600 && height > 400 && height < 900, `the map is ${width} × ${height}`);
  await sharp(frame.contentFrame().locator('.stage'));
  assert.ok(await colours(frame) > 500);
}

/** Checks that the still picture is shown instead, uncovered and in proportion. */
async function still(output) {
  assert.equal(await output.locator('iframe, script').count(), 0);
  const picture = output.locator('img').first();
  await picture.scrollIntoViewIfNeeded();
  const { width, height } = await picture.boundingBox();
  assert.ok(width > 600 && Math.abs(width / height - 1.6) < 0.02, `the picture is ${width} × ${height}`);
  const uncovered = await picture.evaluate((img) => {
    const { left, top, width, height } = img.getBoundingClientRect();
    const inside = Math.min(top + height / 2, innerHeight - 5);
    return document.elementFromPoint(left + width / 2, inside) === img && img.naturalWidth === 960;
  });
  assert.ok(uncovered, 'the picture is whole and nothing lies over it');
  assert.ok(await colours(picture) > 500);
}

/** Checks that every table shows every text of the display, legibly. */
async function readable(output) {
  let tables = 0;
  for (const cell of notebook.cells) {
    const html = cell.outputs[0].data['text/html'];
    if (!html.includes('<table')) continue;
    const shown = await output(cell.id);
    const { missing, faint } = await shown.evaluate(legible, html);
    assert.deepEqual(missing, [], `texts of \`${cell.id}\` that are not seen`);
    assert.deepEqual(faint, [], `texts of \`${cell.id}\` that are hard to read`);
    tables++;
  }
  assert.ok(tables > 6);
}

/** Runs in the page. Returns the texts of a display's cells that its output does not show, and
 *  the ones with a contrast below that of WCAG AA or smaller than 10 px. */
function legible(output, html) {
  const texts = (root) => [...root.querySelectorAll('td, th, caption')].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()).filter(Boolean);
  const there = texts(output).filter((text) => text);
  const missing = texts(new DOMParser().parseFromString(html, 'text/html')).filter((text) => !there.includes(text));
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => value * a + under[i] * (1 - a));
  const behind = (element) => {
    const above = element.parentElement ? behind(element.parentElement) : [255, 255, 255];
    return over(parse(getComputedStyle(element).backgroundColor), above);
  };
  const light = (colour) => colour.slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const faint = [];
  const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (!text || element.closest('script, style, svg, option')) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const ground = behind(element);
    const [lighter, darker] = [light(over(parse(style.color), ground)), light(ground)].sort((a, b) => b - a);
    const contrast = (lighter + 0.05) / (darker + 0.05);
    const unseen = element.checkVisibility && !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (unseen && !element.closest('details:not([open])')) missing.push(text);
    else if (!unseen && (contrast < 4.5 || parseFloat(style.fontSize) < 10 || box.width < 2)) faint.push(`${text}: ${contrast.toFixed(1)}, ${style.fontSize}`);
  }
  return { missing, faint };
}

/** Checks that the pictures of galleries and charts are shown. */
async function pictures(output) {
  for (const name of ['quicklooks', 'gallery', 'timeline', 'jobs-timeline', 'jobs-spending']) {
    const images = (await output(name)).locator('img');
    const sizes = await images.evaluateAll((all) => Promise.all(all.map(async (img) => {
      await img.decode();
      return img.naturalWidth > 0 && img.getBoundingClientRect().width >= 40;
    })));
    assert.ok(sizes.length > 0 && sizes.every(Boolean), `${name}: ${sizes}`);
  }
}

function rgb(colour) {
  return colour.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function luminance([r, g, b]) {
  return (0.2126 * r ** 2.2 + 0.7152 * g ** 2.2 + 0.0722 * b ** 2.2) / 255 ** 2.2;
}
