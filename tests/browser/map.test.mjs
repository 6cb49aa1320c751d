// A saved map opens from a file, without a network.

import { test } from 'node:test';
import { colours, open, page, until } from './open.mjs';

for (const name of ['map', 'one', 'fiji']) {
  test(`the saved map \`${name}\` is drawn, with its pictures`, async (t) => {
    const tab = await open(t, page(`${name}.html`));
    const stage = tab.locator('.stage');
    await stage.waitFor();
    await until(() => colours(stage), (seen) => seen > 500, 'the colours of the map');
    await tab.silent();
  });
}
