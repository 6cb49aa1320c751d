// Boot script: inflates style, script, description and land, and starts the viewer. If the browser
// cannot inflate, the still picture remains.

// The page around the sandboxed frame sends its theme once the frame is loaded.
addEventListener('message', ({ data }) => {
  if (data?.up42Theme === 'dark' || data?.up42Theme === 'light') document.documentElement.dataset.theme = data.up42Theme;
});
(async () => {
  const source = document.getElementById('pack');
  if (!self.DecompressionStream) return document.documentElement.classList.add('still-only');
  const bytes = Uint8Array.fromBase64?.(source.textContent)
    ?? Uint8Array.from(atob(source.textContent), (letter) => letter.charCodeAt(0));
  const [packed, ...lengths] = source.dataset.lengths.split(' ').map(Number);
  source.remove();
  const { readable, writable } = new DecompressionStream('deflate-raw');
  const writer = writable.getWriter();
  writer.write(bytes.subarray(0, packed));
  writer.close();
  const parts = new Uint8Array(await new Response(readable).arrayBuffer());
  let at = 0;
  const take = (length) => parts.subarray(at, at += length);
  const [style, script, description, land] = lengths.map(take);
  const text = (part) => new TextDecoder().decode(part);
  const add = (tag, part) => document.head.append(Object.assign(document.createElement(tag), { textContent: text(part) }));
  self.up42Map = { description: JSON.parse(text(description)), land, pictures: bytes.subarray(packed) };
  add('style', style);
  add('script', script);
})();
