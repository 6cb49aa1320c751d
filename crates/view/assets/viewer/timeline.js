// Time slider: a range of the dates of the scenes, which can be animated.

import { announce, button, colours, el, strips, textButton } from './dom.js';
import { addKeys } from './keys.js';
import { clamp } from './mercator.js';
import { filters, refresh, scenes } from './scenes.js';
import { emit, on } from './signals.js';
import { addTool } from './tools.js';
import { view } from './view.js';

const dayOf = (scene) => scene.datetime?.slice(0, 10);
const perDay = new Map();
for (const scene of scenes) if (scene.datetime) perDay.set(dayOf(scene), (perDay.get(dayOf(scene)) ?? 0) + 1);
const days = [...perDay.keys()].sort();
const lastDay = days.length - 1;
/** Indexes of the first and last day of the range. */
let [since, until] = [0, lastDay];
let ticking = 0;
const isAllDays = () => since === 0 && until === lastDay;

function setDays(from, to) {
  [since, until] = [from, to];
  refresh();
}
/** Moves the range by `by` dates; from all dates, starts with a single one. */
function moveDays(by) {
  if (isAllDays()) return by > 0 ? setDays(0, 0) : setDays(lastDay, lastDay);
  const to = clamp(by, -since, lastDay - until);
  setDays(since + to, until + to);
}
function stepDays(by) {
  moveDays(by);
  announce(inWords());
}
function play(is = !ticking) {
  clearInterval(ticking);
  ticking = 0;
  if (is) {
    if (until === lastDay) setDays(0, isAllDays() ? 0 : until - since);
    ticking = setInterval(() => {
      if (until === lastDay) play(false);
      else moveDays(1);
    }, 900);
  }
  playing.ariaPressed = String(Boolean(ticking));
}
function inWords() {
  const count = scenes.filter((scene) => scene.visible).length;
  return `${days[since]}${since === until ? '' : ` – ${days[until]}`} · ${count} scene${count === 1 ? '' : 's'}`;
}

const dateEnd = (name, change) => el('input', { type: 'range', min: 0, max: lastDay, 'aria-label': name, oninput: ({ target }) => {
  play(false);
  change(Number(target.value));
} });
const ends = [dateEnd('First date', (value) => setDays(Math.min(value, until), until)), dateEnd('Last date', (value) => setDays(since, Math.max(value, since)))];
const playing = button('Play dates', 'M6 4l10 6-10 6z', () => play(), 'T');
const bars = el('canvas', { width: days.length * 8, height: 20, 'aria-hidden': 'true' });
const datesShown = el('output');
const allDates = textButton('All dates', () => { play(false); setDays(0, lastDay); });
const dates = el('div', { className: 'dates box', role: 'group', 'aria-label': 'Dates', hidden: true },
  el('div', { className: 'row' }, button('Date before', 'M12 5l-5 5 5 5', () => stepDays(-1), ','), playing, button('Date after', 'M8 5l5 5-5 5', () => stepDays(1), '.'), datesShown, allDates),
  el('div', { className: 'range' }, bars, ...ends));

function showDates() {
  ends.forEach((input, i) => {
    input.value = [since, until][i];
    input.ariaValueText = days[input.value];
  });
  // The first slider must remain reachable if both are at the end.
  ends[0].style.zIndex = since > lastDay / 2 ? 1 : 0;
  datesShown.textContent = inWords();
  allDates.hidden = isAllDays();
  const ctx = bars.getContext('2d'), most = Math.max(...perDay.values());
  ctx.clearRect(0, 0, bars.width, bars.height);
  days.forEach((day, i) => {
    const height = Math.max(3, perDay.get(day) / most * bars.height);
    ctx.fillStyle = i < since || i > until ? colours.border : colours.footprint;
    ctx.fillRect(i * 8, bars.height - height, 7, height);
  });
}

if (days.length > 1) {
  scenes.forEach((scene) => (scene.day = days.indexOf(dayOf(scene))));
  filters.push(({ day }) => isAllDays() || (day >= since && day <= until));
  strips.append(dates);
  on('change', showDates);
  on('theme', showDates);
  let begun = false;
  const openDates = (is) => {
    dates.hidden = !is;
    view.bottom = is ? 96 : 0;
    emit('tools');
  };
  on('resize', () => {
    if (!begun) openDates(view.width >= 720);
    begun = true;
  });
  addTool({ name: 'Dates', icon: 'M4 5h12v11H4zM4 9h12M7 3v3M13 3v3', key: 'd', isOn: () => !dates.hidden, press: () => openDates(dates.hidden) });
  addKeys(', .', 'date before, after', { ',': () => stepDays(-1), '.': () => stepDays(1) });
  addKeys('T', 'play dates', { t: () => play() });
}
