// SPDX-License-Identifier: GPL-3.0-or-later
// The stage view: up to six things, each as large as the screen lets it, which the address names (stage-shows.js).
import { openAccess } from './access.js';
import { keepAwake } from './awake.js';
import { adding, onDescribed } from './described.js';
import { linkNow, linkText, MOVING } from './header.js';
import { model, onEvent, onEventsOpen, onMetrics, onMetricsOpen } from './model.js';
import { $, attribute, element, text } from './page.js';
import { askStatus } from './server.js';
import { find, offered } from './stage-shows.js';
import { Stream, streamUrl } from './stream.js';
import { startField } from './token.js';

const MOST = 6;         // tiles
const RATE_HZ = 10;     // faster than that nobody reads
const STATUS_MS = 2000; // between questions: names, thresholds, a replay
const NOTE_MS = 15000;  // how long it is said that the screen may go off

openAccess();
const asked = new URLSearchParams(location.search);
const names = (asked.get('show') ?? 'state').split(',').map((name) => name.trim()).filter(Boolean);

class Tile {
  constructor(name) {
    this.name = name;
    this.show = null;    // until it is known what there is
    this.characters = 4; // as many as have been shown at once
    this.root = element('section', 'tile');
    this.root.dataset.name = name;
    this.title = element('h2', '', name);
    this.value = element('p', 'value', '–');
    this.why = element('p', 'why');
    this.root.append(this.title, this.value, this.why);
    $('tiles').append(this.root);
  }

  resolve() {
    this.show = find(this.name);
    text(this.why, this.show ? '' : `show=${this.name}: there is no such thing`);
    this.characters = Math.max(this.characters, this.show?.characters ?? 0);
    if (!this.show) text(this.value, '');
  }

  // Old numbers are never shown as if they were new ones.
  draw(live) {
    if (!this.show) return;
    const { text: shown, tone } = live ? this.show.read() : { text: '–', tone: 'gone' };
    this.characters = Math.max(this.characters, shown.length);
    this.root.style.setProperty('--characters', String(this.characters));
    attribute(this.root, 'data-tone', tone);
    text(this.value, shown);
    text(this.title, this.show.label());
  }
}

const tiles = (names.length > 0 ? names.slice(0, MOST) : ['state']).map((name) => new Tile(name));
$('tiles').dataset.count = String(tiles.length);

// What the address has wrong, once it is known what there is.
const strangers = [...asked.keys()].filter((key) => key !== 'show').map((key) => `${key}=: means nothing here; there is show=`);
if (names.length > MOST) strangers.push(`show=: ${MOST} at once are the most`);
text($('wrong'), strangers.join('. '));
onDescribed.push(() => {
  tiles.forEach((tile) => tile.resolve());
  const lacking = tiles.some((tile) => !tile.show);
  text($('wrong'), [...lacking ? [`show= takes ${offered()}; N is a channel's number, from 1`] : [], ...strangers].join('. '));
});

const wantsLevels = names.some((name) => /^(level|peak):/.test(name));
const metrics = new Stream(() => streamUrl('metrics', { rate: RATE_HZ, ...wantsLevels ? adding('levels') : {} })).listen(onMetrics, {
  onOpen: () => { onMetricsOpen(); askStatus(); }, onFail: askStatus,
});
const streams = [metrics];
if (names.includes('state') || names.length === 0) {
  streams.push(new Stream(() => streamUrl('events', { replay: 64 })).listen(onEvent, { onOpen: onEventsOpen }));
}
startField(() => {
  askStatus();
  streams.forEach((stream) => stream.hurry());
});
setInterval(() => { if (metrics.open) askStatus(); }, STATUS_MS);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) streams.forEach((stream) => stream.hurry());
});

keepAwake(true, (why) => {
  text($('awake-why'), why);
  setTimeout(() => text($('awake-why'), ''), NOTE_MS);
});

function frame() {
  const now = performance.now();
  const link = linkNow(metrics, now);
  const live = MOVING.includes(link) && model.message !== null;
  attribute($('link'), 'data-link', link);
  text($('link'), linkText(link, metrics, now));
  $('link').hidden = link === 'live';
  for (const tile of tiles) tile.draw(live);
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

const keys = {
  d: () => { location.href = './'; },
  f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => {})),
};
document.addEventListener('keydown', (event) => {
  if (!event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat) keys[event.key.toLowerCase()]?.();
});
document.addEventListener('dblclick', keys.f);
