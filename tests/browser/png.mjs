// A PNG's pixels, without a browser: screenshots and saved maps have eight bits a
// channel, no palette and no interlace.

import { inflateSync } from 'node:zlib';

/** `{ width, height, data }` of a PNG, four bytes a pixel. */
export function decoded(png) {
  const chunks = [];
  let head;
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    if (type === 'IHDR') head = body;
    if (type === 'IDAT') chunks.push(body);
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head[9]];
  if (head[8] !== 8 || !channels || head[12]) throw new Error(`a PNG of ${head[8]} bits, type ${head[9]}`);
  const rows = inflateSync(Buffer.concat(chunks));
  const wide = width * channels;
  const raw = Buffer.alloc(wide * height);
  const data = Buffer.alloc(width * height * 4, 255);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (wide + 1)];
    for (let x = 0; x < wide; x++) {
      const here = y * wide + x;
      const left = x >= channels ? raw[here - channels] : 0;
      const up = y ? raw[here - wide] : 0;
      const corner = x >= channels && y ? raw[here - wide - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter];
      raw[here] = rows[y * (wide + 1) + 1 + x] + guess;
      data[(y * width + Math.floor(x / channels)) * 4 + x % channels] = raw[here];
    }
  }
  return { width, height, data };
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
