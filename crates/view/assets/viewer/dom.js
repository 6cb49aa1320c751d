// DOM helpers, icons and shared controls.

import { emit } from './signals.js';

export const root = document.getElementById('map');

/** Makes an element with properties, listeners (`on…`) and attributes (`aria-…`). */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const drawing = (path) => {
  const holder = el('template');
  holder.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${path}"/></svg>`;
  return holder.content;
};
/** Makes a button with an icon (the path of a 20 × 20 SVG). */
export const button = (name, icon, act, key) =>
  el('button', { type: 'button', title: key ? `${name} (${key})` : name, 'aria-label': name, onclick: act }, drawing(icon));
export const textButton = (name, act, more) => el('button', { type: 'button', onclick: act, ...more }, name);
export const ICONS = {
  plus: 'M10 4v12M4 10h12', minus: 'M4 10h12', all: 'M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4',
  aoi: 'M4 5l9-1 3 9-10 3zM10 10h.01', full: 'M11 9l5-5M12 4h4v4M9 11l-5 5M8 16H4v-4',
  grid: 'M3 7.5h14M3 12.5h14M7.5 3v14M12.5 3v14', layers: 'M10 3l7 4-7 4-7-4zM3 11l7 4 7-4',
  close: 'M5 5l10 10M15 5L5 15', target: 'M10 5a5 5 0 1 0 .01 0M10 2v4M10 14v4M2 10h4M14 10h4',
  eye: 'M2 10q8-11 16 0q-8 11-16 0M10 8a2 2 0 1 0 .01 0',
};

/** Container of the tools' strips, one above the other. */
export const strips = el('div', { className: 'strips' });
root.append(strips);

const status = el('div', { className: 'unseen', role: 'status' });
root.append(status);
/** Announces a text to screen readers. */
export const announce = (text) => (status.textContent = text);

/** Makes a slider with its name and its value as text. */
export function slider(name, { min = 0, max = 100, value = max }, inWords, change) {
  const output = el('output', {}, inWords(value));
  // The label applies to the output, so the slider needs its own name.
  const input = el('input', { type: 'range', min, max, value, 'aria-label': name, oninput: () => {
    const now = Number(input.value);
    output.textContent = input.ariaValueText = inWords(now);
    change(now);
  } });
  return el('label', {}, el('span', {}, name, output), input);
}

/** Copies a text; the pressed button shows "Copied" for 1.5 seconds. */
export function copyText(text, source) {
  const caption = source.dataset.caption ??= source.textContent;
  const done = () => {
    source.textContent = 'Copied';
    announce('Copied');
    setTimeout(() => (source.textContent = caption), 1500);
  };
  // The clipboard may be refused in frames without an origin.
  const fallback = () => {
    const field = el('textarea', { value: text, className: 'unseen' });
    root.append(field);
    field.select();
    if (document.execCommand('copy')) done();
    else announce('The browser refused to copy');
    field.remove();
    source.focus();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, fallback);
  else fallback();
}

/** Downloads a file. */
export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Colours of the style sheet, for the canvas. */
export const colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['sea', 'land', 'coast', 'border', 'grid', 'footprint', 'aoi', 'mark', 'halo', 'quiet', 'ink', 'paper']) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  emit('theme');
  emit('paint');
}
readColours();
/** Strokes a path, or the current path of the context, once per width and colour. */
export function stroke(ctx, lines, ...path) {
  for (const [width, colour] of lines) {
    ctx.lineWidth = width;
    ctx.strokeStyle = colours[colour];
    ctx.stroke(...path);
  }
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', readColours);
// The theme may have changed: see the boot script.
addEventListener('message', readColours);
