// Tests of each control of the map, by mouse and by keyboard.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alone, filled, open, page, position, sharp, until } from './open.mjs';

async function opened(t, options) {
  const tab = await open(t, page('map.html'), options);
  await alone(tab);
  await tab.locator('.stage').waitFor();
  return tab;
}
const rows = (tab) => tab.locator('.item:not(.head)');
const count = (tab) => tab.locator('.count').innerText();
const button = (tab, name) => tab.getByRole('button', { name, exact: true });
const corner = (tab) => position(tab, 5, 690);
const same = (one, other) => one.every((value, i) => Math.abs(value - other[i]) < 1e-3);
/** Records copied texts: the frame of a file may not read the clipboard. */
const hearCopies = (tab) => tab.evaluate(() => {
  self.copied = [];
  navigator.clipboard.writeText = async (text) => void self.copied.push(text);
});
const copied = (tab) => tab.evaluate(() => self.copied.at(-1));

test('the map zooms, pans and fits by buttons and by keys', async (t) => {
  const tab = await opened(t);
  const home = await corner(tab);
  for (const [there, back] of [
    [() => button(tab, 'Zoom in').click(), () => button(tab, 'Fit all').click()],
    [() => button(tab, 'Zoom out').click(), () => tab.keyboard.press('0')],
    [() => tab.keyboard.press('+'), () => tab.keyboard.press('0')],
    [() => tab.keyboard.press('-'), () => tab.keyboard.press('0')],
    [() => tab.keyboard.press('ArrowLeft'), () => tab.keyboard.press('ArrowRight')],
    [() => tab.keyboard.press('ArrowUp'), () => tab.keyboard.press('ArrowDown')],
    [() => tab.keyboard.press('a'), () => tab.keyboard.press('0')],
    [() => button(tab, 'Fit area of interest').click(), () => button(tab, 'Fit all').click()],
    [() => tab.mouse.wheel(0, -200), () => tab.keyboard.press('0')],
  ]) {
    await tab.locator('.stage').focus();
    await tab.mouse.move(500, 300);
    await there();
    await until(() => corner(tab), (now) => !same(now, home), 'the place of a corner');
    await tab.locator('.stage').focus();
    await back();
    await until(() => corner(tab), (now) => same(now, home), 'the corner after the way back');
  }
  await tab.silent();
});

test('a window of another size shows all of the map, until the user moves it', async (t) => {
  const tab = await opened(t);
  const resized = async (width, height) => {
    await tab.setViewportSize({ width, height });
    await filled(tab);
  };
  await resized(900, 500);
  const seen = await position(tab, 100, 100);
  await tab.keyboard.press('0');
  assert.ok(same(await position(tab, 100, 100), seen), `${seen}`);
  await tab.keyboard.press('+');
  const middle = await position(tab, 450, 250);
  await resized(1000, 700);
  assert.ok(same(await position(tab, 500, 350), middle), `${middle}`);
  await tab.silent();
});

test('a scene is chosen by click and by key, and its card shows all properties', async (t) => {
  const tab = await opened(t);
  const card = tab.getByRole('region', { name: 'Scene' });
  await rows(tab).first().locator('.open').click();
  await card.waitFor();
  const title = await card.locator('header b').innerText();
  assert.equal(title, await rows(tab).first().locator('b').innerText());
  assert.match(await card.innerText(), /Acquired[\s\S]*Cloud[\s\S]*Collection/);
  await tab.locator('.stage').focus();
  await tab.keyboard.press('Escape');
  await card.waitFor({ state: 'hidden' });
  await tab.keyboard.press(']');
  await tab.keyboard.press(']');
  await tab.keyboard.press('[');
  assert.equal(await card.locator('header b').innerText(), title);
  await button(tab, 'Close (Esc)').or(card.getByRole('button', { name: 'Close' })).first().click();
  await card.waitFor({ state: 'hidden' });
  await tab.silent();
});

test('ids and Rust are copied, of one scene and of several', async (t) => {
  const tab = await opened(t);
  await hearCopies(tab);
  await tab.keyboard.press(']');
  const id = await tab.locator('.card code').innerText();
  await button(tab, 'Copy id').click();
  await until(() => copied(tab), (text) => text === id, 'the id');
  await button(tab, 'Use this scene').click();
  await until(() => copied(tab), (text) => text === `scenes.select_ids(["${id}"])?`, 'the Rust');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('x');
  await tab.keyboard.press(']');
  await tab.keyboard.press('x');
  const other = await tab.locator('.card code').innerText();
  await tab.keyboard.press('c');
  await until(() => copied(tab), (text) => text.startsWith('scenes.select_ids([') && text.includes(`"${id}"`) && text.includes(`"${other}"`), 'two ids');
  await button(tab, 'Copy ids').click();
  await until(() => copied(tab), (text) => text.split(', ').length === 2 && text.includes(`"${other}"`), 'the list');
  await button(tab, 'Clear').click();
  assert.equal(await tab.locator('.selection').isVisible(), false);
  await tab.silent();
});

test('where the clipboard is refused the text is copied by execCommand', async (t) => {
  const tab = await opened(t);
  await tab.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));
    document.addEventListener('copy', () => (self.heard = getSelection().toString() || document.activeElement.value));
  });
  await tab.keyboard.press(']');
  const id = await tab.locator('.card code').innerText();
  await button(tab, 'Copy id').click();
  await until(() => tab.evaluate(() => self.heard), (text) => text === id, 'what is copied');
  await button(tab, 'Copied').waitFor();
  await tab.silent();
});

test('rows are selected one by one, by range, and on the map', async (t) => {
  const tab = await opened(t);
  const selected = () => tab.locator('.selection b').innerText();
  await rows(tab).nth(0).locator('.open').click({ modifiers: ['Control'] });
  assert.equal(await selected(), '1 selected');
  await rows(tab).nth(3).locator('.open').click({ modifiers: ['Shift'] });
  assert.equal(await selected(), '4 selected');
  await rows(tab).nth(1).getByRole('checkbox').click();
  assert.equal(await selected(), '3 selected');
  await tab.getByRole('group', { name: 'Selected scenes' }).getByRole('button', { name: 'Isolate' }).click();
  assert.match(await count(tab), /^3 of \d+ scenes shown$/);
  await tab.silent();
});

test('scenes are hidden and isolated by mouse and by key', async (t) => {
  const tab = await opened(t);
  const all = Number((await count(tab)).split(' ')[0]);
  const some = (shown) => until(() => count(tab), (text) => text === (shown === all ? `${all} scenes` : `${shown} of ${all} scenes shown`), `${shown} shown`);
  await rows(tab).first().getByRole('button', { name: /^Show (?!only)/ }).click();
  await some(all - 1);
  await button(tab, 'Hide all').click();
  await some(0);
  await button(tab, 'Show all').click();
  await some(all);
  await rows(tab).first().hover();
  await rows(tab).first().getByRole('button', { name: /^Show only/ }).click();
  await some(1);
  await tab.locator('.stage').focus();
  await tab.keyboard.press('Escape');
  await some(all);
  await tab.keyboard.press(']');
  await tab.keyboard.press(' ');
  await some(all - 1);
  await tab.keyboard.press(' ');
  await tab.keyboard.press('i');
  await some(1);
  await tab.silent();
});

test('scenes are grouped; a group is folded, hidden and isolated', async (t) => {
  const tab = await opened(t);
  const all = Number((await count(tab)).split(' ')[0]);
  await tab.getByRole('combobox', { name: 'Group' }).selectOption({ label: 'By date' });
  const heads = tab.locator('.item.head');
  const inFirst = Number(await heads.first().locator('small').innerText());
  await heads.first().getByRole('button', { expanded: true }).press('Enter');
  await heads.first().getByRole('button', { expanded: false }).waitFor();
  await heads.first().getByRole('button', { name: /^Show group/ }).click();
  await until(() => count(tab), (text) => text === `${all - inFirst} of ${all} scenes shown`, 'the others');
  await heads.first().hover();
  await heads.first().getByRole('button', { name: /^Show only group/ }).click();
  await until(() => count(tab), (text) => text === `${inFirst} of ${all} scenes shown`, 'the group alone');
  await tab.silent();
});

test('arrow keys move between rows and within a row', async (t) => {
  const tab = await opened(t);
  await rows(tab).first().locator('.open').focus();
  const before = Number(await rows(tab).first().getAttribute('aria-posinset'));
  await tab.keyboard.press('ArrowDown');
  const focused = () => tab.evaluate(() => document.activeElement.closest('.item')?.ariaPosInSet + document.activeElement.className);
  assert.equal(await focused(), `${before + 1}open`);
  await tab.keyboard.press('ArrowLeft');
  await tab.keyboard.press(' ');
  assert.equal(await tab.locator('.selection b').innerText(), '1 selected');
  await tab.keyboard.press('End');
  assert.ok(Number.parseInt(await focused()) > 4);
  const stops = await tab.locator('.list [tabindex="0"]').evaluateAll((nodes) => new Set(nodes.map((node) => node.closest('.item'))).size);
  assert.equal(stops, 1);
  await tab.silent();
});

test('the order is by date or by cloud', async (t) => {
  const tab = await opened(t);
  await tab.getByRole('combobox', { name: 'Group' }).selectOption('none');
  const order = tab.getByRole('combobox', { name: 'Order' });
  const dates = () => rows(tab).locator('small').evaluateAll((nodes) => nodes.map((node) => node.textContent.slice(0, 10)));
  const sorted = (list, sign) => list.every((date, i) => !i || (date > list[i - 1] ? 1 : date < list[i - 1] ? -1 : 0) * sign >= 0);
  await order.selectOption('newest');
  assert.ok(sorted(await dates(), -1));
  await order.selectOption('oldest');
  assert.ok(sorted(await dates(), 1));
  await order.selectOption('clearest');
  const clouds = await rows(tab).locator('small').evaluateAll((nodes) => nodes.map((node) => Number.parseFloat(node.textContent.split('· ')[1])));
  assert.ok(clouds.every((cloud, i) => !i || cloud >= clouds[i - 1]), String(clouds));
  await tab.silent();
});

test('opacity and cloud cover are set by the keys of a slider', async (t) => {
  const tab = await opened(t);
  const all = await count(tab);
  const clouds = tab.getByRole('slider', { name: /Clouds up to/ });
  await clouds.focus();
  for (const [key, holds, what] of [['Home', (text) => text !== all, 'fewer scenes'], ['End', (text) => text === all, 'all scenes']]) {
    await sharp(tab.locator('.stage'));
    await tab.evaluate(() => performance.clearMarks('sharp'));
    await tab.keyboard.press(key);
    await until(() => count(tab), holds, what);
  }
  await sharp(tab.locator('.stage'));
  const before = await tab.locator('.stage').screenshot();
  await tab.getByRole('slider', { name: /Opacity/ }).fill('20');
  await until(() => tab.locator('.stage').screenshot(), (now) => !now.equals(before), 'the map');
  await tab.silent();
});

test('dates are stepped, played and bounded', async (t) => {
  const tab = await opened(t);
  const dates = tab.getByRole('group', { name: 'Dates' });
  const shown = () => dates.locator('output').innerText();
  const whole = await shown();
  await button(tab, 'Date after').click();
  const first = await until(shown, (text) => /^\d{4}-\d\d-\d\d · \d+ scenes?$/.test(text), 'one date');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('.');
  await until(shown, (text) => text > first, 'the next date');
  await tab.keyboard.press(',');
  await until(shown, (text) => text === first, 'the date before');
  await tab.keyboard.press('t');
  await until(shown, (text) => text > first, 'the next date by itself');
  await tab.keyboard.press('t');
  assert.equal(await button(tab, 'Play dates').getAttribute('aria-pressed'), 'false');
  await button(tab, 'All dates').click();
  await until(shown, (text) => text === whole, 'all dates');
  await tab.getByRole('slider', { name: 'Last date' }).focus();
  await tab.keyboard.press('ArrowLeft');
  await until(shown, (text) => text !== whole && text.includes(' – '), 'a range');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('d');
  await dates.waitFor({ state: 'hidden' });
  await tab.silent();
});

test('the graticule, the panel and the help are opened and closed', async (t) => {
  const tab = await opened(t);
  for (const [name, key] of [['Graticule', 'g'], ['Layers', 'l']]) {
    const control = button(tab, name);
    const state = () => control.evaluate((node) => node.ariaPressed ?? node.ariaExpanded);
    const before = await state();
    await control.click();
    assert.notEqual(await state(), before);
    await tab.locator('.stage').focus();
    await tab.keyboard.press(key);
    assert.equal(await state(), before);
  }
  await tab.keyboard.press('?');
  await tab.getByText('show or hide it').waitFor();
  await tab.keyboard.press('Escape');
  await tab.getByText('show or hide it').waitFor({ state: 'hidden' });
  await tab.silent();
});

test('the map fills the screen', async (t) => {
  const tab = await opened(t);
  const full = () => tab.evaluate(() => Boolean(document.fullscreenElement));
  await button(tab, 'Fullscreen').click();
  await until(full, Boolean, 'fullscreen');
  await tab.locator('.stage').focus();
  await tab.keyboard.press('f');
  await until(full, (is) => !is, 'the window');
  await tab.silent();
});

test('hovering a row highlights its scene, and a scene its row', async (t) => {
  const tab = await opened(t);
  await rows(tab).first().hover();
  await tab.locator('.item.hovered').waitFor();
  await tab.mouse.move(400, 350);
  await tab.silent();
});

for (const colorScheme of ['light', 'dark']) {
  test(`every text has a contrast of 4.5 when it is ${colorScheme}`, async (t) => {
    const tab = await opened(t, { colorScheme });
    await tab.keyboard.press(']');
    await tab.keyboard.press('x');
    const poor = await tab.evaluate(() => {
      const brush = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
      const channels = (colours) => {
        brush.clearRect(0, 0, 1, 1);
        for (const colour of colours) {
          brush.fillStyle = colour;
          brush.fillRect(0, 0, 1, 1);
        }
        return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const light = (rgb) => rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const poor = [];
      for (const node of document.querySelectorAll('#map *')) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        if (!own || !node.checkVisibility({ visibilityProperty: true }) || node.closest('.unseen, option, .off')) continue;
        const grounds = [];
        for (let at = node; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
        const ink = getComputedStyle(node).color;
        // The background is nearly opaque: the worst case is white or black below it.
        const worst = Math.min(...['#fff', '#000'].map((under) => {
          const [a, b] = [light(channels([under, ...grounds])), light(channels([under, ...grounds, ink]))];
          return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        }));
        if (worst < 4.5) poor.push(`${node.tagName}.${node.className} ${worst.toFixed(2)} ${node.textContent.slice(0, 30)}`);
      }
      return poor;
    });
    assert.deepEqual(poor, []);
    await tab.silent();
  });
}

for (const [width, height] of [[360, 640], [360, 440], [640, 300]]) {
  test(`a window of ${width} × ${height} pixels is usable`, async (t) => {
    const tab = await opened(t, { viewport: { width, height } });
    await tab.keyboard.press('l');
    await tab.keyboard.press(']');
    await tab.locator('.card').waitFor();
    const outside = await tab.locator('.box:visible').evaluateAll((nodes) => nodes.map((node) => node.getBoundingClientRect()).filter(({ left, right, top, bottom }) => left < 0 || top < 0 || right > innerWidth || bottom > innerHeight).length);
    assert.equal(outside, 0);
    assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
    for (const name of ['Zoom in', 'Keys', 'Layers']) await button(tab, name).click();
    await tab.silent();
  });
}

test('every control has a name', async (t) => {
  const tab = await opened(t);
  await tab.keyboard.press(']');
  const nameless = await tab.locator('button, input, select, [role]').evaluateAll((nodes) => nodes
    .filter((node) => !(node.ariaLabel || node.textContent.trim() || node.labels?.length || ['status', 'listitem'].includes(node.role)))
    .map((node) => node.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  await tab.silent();
});
