// Reads and writes PNGs without a browser: screenshots and saved maps have eight bits per channel,
// no palette and no interlace.

import { deflateSync, inflateSync } from 'node:zlib';

/** Returns `{ width, height, data }` of a PNG, four bytes per pixel. */
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

/** Encodes pixels, in the format of `decoded`, as a PNG. */
export function encoded({ width, height, data }) {
  const rows = Buffer.alloc(height * (width * 4 + 1));
  for (let y = 0; y < height; y++) data.copy(rows, y * (width * 4 + 1) + 1, y * width * 4, (y + 1) * width * 4);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6, 0, 0, 0], 8);
  const chunk = (type, body) => {
    const whole = Buffer.alloc(body.length + 12);
    whole.writeUInt32BE(body.length, 0);
    whole.write(type, 4, 'latin1');
    body.copy(whole, 8);
    whole.writeUInt32BE(crc32(whole.subarray(4, body.length + 8)), body.length + 8);
    return whole;
  };
  const start = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([start, chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}
