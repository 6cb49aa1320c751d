// Tests of the position of painted pictures: marks in pictures of which one pixel is one pixel of
// the screen (made by tests/it/browser/marked.rs).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openModules } from './modules.mjs';
import { page } from './open.mjs';

const SIDE = 500, METRES = 40;
const MARKS = [
  [[20, 20], [255, 0, 0]], [[480, 20], [0, 255, 0]], [[480, 480], [0, 0, 255]], [[20, 480], [255, 255, 0]],
  [[250, 20], [255, 0, 255]], [[480, 250], [0, 255, 255]], [[250, 480], [255, 128, 0]], [[20, 250], [128, 0, 255]],
  [[250, 250], [0, 0, 0]],
];

/** Returns the ground position of a pixel, on a plane that touches the Earth at the centre. */
function ground([lon, lat, degrees, taper], [px, py]) {
  // A trapezium is a square in perspective.
  const [u, v, top, half] = [px / SIDE, py / SIDE, 1 - taper, SIDE / 2 * METRES];
  const depth = 1 - v + v * top;
  const [x, y] = [(2 * u - 1) * top / depth * half, (1 - v - v * top) / depth * half];
  const turn = degrees * Math.PI / 180, radian = Math.PI / 180;
  const [east, north] = [x * Math.cos(turn) + y * Math.sin(turn), y * Math.cos(turn) - x * Math.sin(turn)];
  const [away, azimuth, from] = [Math.hypot(east, north) / 6371000, Math.atan2(east, north), lat * radian];
  const there = Math.asin(Math.sin(from) * Math.cos(away) + Math.cos(from) * Math.sin(away) * Math.cos(azimuth));
  const aside = Math.atan2(Math.sin(azimuth) * Math.sin(away) * Math.cos(from), Math.cos(away) - Math.sin(from) * Math.sin(there));
  return [lon + aside / radian, there / radian];
}

test('each mark is painted within a pixel of its place', async (t) => {
  const tab = await openModules(t, page('marked.html'));
  const ids = await tab.evaluate(async () => (await import('/scenes.js')).scenes.map(({ id }) => id));
  assert.equal(ids.length, 36);
  let worst = 0;
  for (const id of ids) {
    const scene = id.split(' ').map(Number);
    const truths = MARKS.map(([at]) => ground(scene, at));
    const off = await tab.evaluate(async ({ id, truths, metres, colours }) => {
      const { view } = await import('/view.js'), { project, EQUATOR } = await import('/mercator.js');
      const { scenes, isolate } = await import('/scenes.js'), { emit } = await import('/signals.js');
      const one = scenes.find((scene) => scene.id === id), [x0, y0, x1, y1] = one.box;
      view.scale = EQUATOR * Math.cos(truths.at(-1)[1] * Math.PI / 180) / metres;
      view.x = (x0 + x1) / 2 - view.width / 2 / view.scale;
      view.y = (y0 + y1) / 2 - view.height / 2 / view.scale;
      isolate([one], '');
      // A small picture is shown until the full one is decoded.
      const painted = async () => {
        emit('paint');
        for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
      };
      while (!one.full) await painted();
      await painted();
      const canvas = [...document.querySelectorAll('canvas.sheet')].find(({ style }) => style.zIndex === '1');
      const { left, top } = canvas.getBoundingClientRect();
      const { data, width } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const sums = colours.map(() => [0, 0, 0]);
      for (let i = 0; i < data.length; i += 4) {
        const at = colours.findIndex((colour) => colour.every((value, k) => Math.abs(data[i + k] - value) <= 48));
        if (at >= 0) [i / 4 % width + 0.5, Math.floor(i / 4 / width) + 0.5, 1].forEach((value, k) => (sums[at][k] += value));
      }
      // Full turns around the Earth are the same place.
      const near = (x) => x - Math.round(x - (x0 + x1) / 2);
      return truths.map(project).map(([x, y], i) => {
        const [across, down, count] = sums[i];
        return Math.hypot(across / count + left - (near(x) - view.x) * view.scale, down / count + top - (y - view.y) * view.scale);
      });
    }, { id, truths, metres: METRES, colours: MARKS.map(([, colour]) => colour) });
    assert.ok(Math.max(...off) <= 1, `${id}: the marks are off by ${off.map((one) => one.toFixed(2))} px`);
    worst = Math.max(worst, ...off);
  }
  console.log(`display/placement_px ${worst.toFixed(2)}`);
});
