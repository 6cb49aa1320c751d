// Opens the viewer as separate modules, for tests of its internals: a saved map is unpacked, and
// its data is given to the unmodified `crates/view/assets/viewer/*.js`.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { browser } from './open.mjs';

const viewer = path.join(import.meta.dirname, '../../crates/view/assets/viewer');

/** Unpacks a saved page: style, description, land and pictures. */
export function unpack(file) {
  const [, lengths, text] = readFileSync(file, 'utf8').match(/id="pack" data-lengths="([\d ]+)"[^>]*>([^<]*)/);
  const [packed, ...sizes] = lengths.split(' ').map(Number);
  const bytes = Buffer.from(text, 'base64');
  const inflated = inflateRawSync(bytes.subarray(0, packed));
  let at = 0;
  const [style, , description, land] = sizes.map((size) => inflated.subarray(at, at += size));
  return { style: style.toString(), description: JSON.parse(description), land, pictures: bytes.subarray(packed) };
}

/** Opens a saved map as modules; `import('/view.js')` works in the tab. */
export async function openModules(t, file, size = { width: 1500, height: 900 }) {
  const { style, description, land, pictures } = unpack(file);
  const context = await (await browser()).newContext({ viewport: size });
  t.after(() => context.close());
  const tab = await context.newPage();
  const page = `<!doctype html><style>html,body{height:100%;margin:0}</style><style>${style}</style><main id="map"></main>`;
  await tab.route('http://viewer.test/**', (route) => {
    const name = new URL(route.request().url()).pathname;
    if (name === '/') return route.fulfill({ contentType: 'text/html', body: page });
    if (name === '/land' || name === '/pictures') return route.fulfill({ body: name === '/land' ? land : pictures });
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(path.join(viewer, path.basename(name))) });
  });
  await tab.goto('http://viewer.test/');
  await tab.evaluate(async (description) => {
    const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
    self.up42Map = { description, land: await bytes('/land'), pictures: await bytes('/pictures') };
    await import('/main.js');
  }, description);
  return tab;
}
