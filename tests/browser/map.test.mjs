// Tests that a saved map opens from a file, without a network.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colours, open, page, sharp } from './open.mjs';

for (const name of ['map', 'one', 'fiji']) {
  test(`the saved map \`${name}\` is drawn, with its pictures`, async (t) => {
    const tab = await open(t, page(`${name}.html`));
    const stage = tab.locator('.stage');
    await stage.waitFor();
    await sharp(stage);
    assert.ok(await colours(stage) > 500);
    await tab.silent();
  });
}
