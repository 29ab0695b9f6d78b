// SPDX-License-Identifier: GPL-3.0-or-later
// The full-screen picture: waves (visual-waves.js), the breathing's pulse, and cues (visual-cues.js).
import { openAccess, startField } from './access.js';
import { isStale, model, onEvent, onEventsOpen, onMetrics, onMetricsOpen, onOnset, share } from './model.js';
import { $, reducedMotion, Surface, text } from './page.js';
import { adding, askDescription, askStatus } from './server.js';
import { Stream, streamUrl } from './stream.js';
import { Cues } from './visual-cues.js';
import { Waves } from './visual-waves.js';

const COLOURS = '04060f,06193a,0b3f7a,0072b2,56b4e9,bfe3f7,f0e442,ffffff';
const TURN = 2 * Math.PI;

const asked = new URLSearchParams(location.search);
const host = asked.get('host') ?? '';
const rgb = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
const hexes = (list) => list.split(',').map((c) => c.trim().replace(/^#/, '')).filter((c) => /^[0-9a-f]{6}$/i.test(c));

function palette() {
  const own = hexes(asked.get('colors') ?? '').slice(0, 8);
  return own.length >= 2 ? own : hexes(COLOURS);
}

const stops = palette();
const background = `#${hexes(asked.get('background') ?? '')[0] ?? stops[0]}`;
const detail = Math.max(0, Math.min(1, Number(asked.get('detail')) || 0));
const audience = asked.has('rate'); // one of many: streams alone, as few as will do, and nothing that is asked or steered
let captions = asked.get('captions') !== '0';

const surface = new Surface($('picture'));
const waves = new Waves(stops.map(rgb), detail && Math.max(0.1, detail));
const cues = new Cues();
let shown = 0;        // 0 … 1: how far the picture has come out of the background
let contrast = 1;
let tint = 0;
let coherence = 0;
let theta = 0;        // of the breathing, carried on between messages
let thetaFrame = -1;
let drawnAt = performance.now();

// What an edge has (docs/scale.md): onsets show by the metrics' own.
function audienceStreams() {
  const query = Object.fromEntries(['rate', 'add'].filter((name) => asked.get(name)).map((name) => [name, asked.get(name)]));
  return [
    new Stream(() => streamUrl('metrics', query), onMetrics, { onOpen: onMetricsOpen }),
    new Stream(() => streamUrl('events'), onEvent, { onOpen: onEventsOpen }),
  ];
}

function connect() {
  if (host && !/^([\w.-]+|\[[\da-f:.]+\])(:\d+)?(\/[\w.~%/-]*)?$/i.test(host)) {
    text($('note'), `host=${host}: not an address; see the help (H)`);
    return null;
  }
  openAccess(host);
  const streams = audience ? audienceStreams() : [
    new Stream(() => streamUrl('metrics', adding('levels', 'bands', 'onsets')), onMetrics, {
      onOpen: () => { onMetricsOpen(); askDescription(); }, onFail: askStatus,
    }),
    new Stream(() => streamUrl('events', { replay: 1 }), onEvent, { onOpen: onEventsOpen }),
    new Stream(() => streamUrl('events', adding('onsets')), onOnset),
  ];
  startField(() => streams.forEach((stream) => stream.hurry()));
  return streams[0];
}

const metrics = connect();

function breathe(seconds) {
  if (thetaFrame !== model.generation) {
    thetaFrame = model.generation;
    theta = model.theta;
  } else if (model.breathing) {
    theta += seconds * TURN * (model.speed || 0);
  }
  return model.breathing ? 1 - model.depth * 0.5 * (1 - Math.sin(theta)) : 1;
}

function drawPulse(view, gain) {
  const { context } = surface;
  const radius = view.height * (0.08 + 0.12 * gain);
  context.strokeStyle = view.colour;
  context.globalAlpha = shown * (0.25 + 0.35 * coherence);
  context.lineWidth = view.height * (0.003 + 0.012 * coherence);
  context.beginPath();
  context.arc(view.width / 2, view.height / 2, radius, 0, TURN);
  context.stroke();
  context.globalAlpha = 1;
}

function note(now) {
  if (!metrics) return;
  const waiting = metrics.open ? 'no sound data' : `connecting to ${host || location.host}`;
  text($('note'), isStale(now) ? waiting : '');
}

function frame() {
  const now = performance.now();
  const seconds = Math.min(0.1, (now - drawnAt) / 1000);
  const { context, width, height } = surface;
  drawnAt = now;
  note(now);
  const live = !isStale(now) && model.active > 0;
  const calm = reducedMotion.matches;
  shown += ((live ? 1 : 0) - shown) * (1 - Math.exp(-seconds / 0.5));
  contrast += (0.7 + Math.min(3, model.criticality) * 0.5 - contrast) * (1 - Math.exp(-seconds / (calm ? 1.5 : 0.15)));
  tint += ((Math.log2(Math.max(100, model.centroid) / 800)) * 0.045 - tint) * (1 - Math.exp(-seconds / 0.8));
  coherence += (model.coherence - coherence) * share(seconds, 0.03);
  cues.take(now);
  if (width > 0 && height > 0) {
    const view = { width, height, colour: `#${stops[stops.length - 1]}` };
    const gain = breathe(seconds);
    waves.layOut(width / height);
    waves.follow(seconds, (calm ? 0.25 : 1) * (0.6 + model.ici));
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
    if (shown > 0.01) {
      waves.draw(contrast, tint, gain);
      context.globalAlpha = shown * (0.35 + 0.65 * gain);
      context.imageSmoothingQuality = 'low';
      context.drawImage(waves.canvas, 0, 0, width, height);
      context.globalAlpha = 1;
      drawPulse(view, gain);
    }
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    cues.draw(context, view, now, captions);
  }
  requestAnimationFrame(frame);
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen().catch(() => {});
}

const keys = {
  h: () => { $('help').hidden = !$('help').hidden; },
  f: toggleFullScreen,
  l: () => { captions = !captions; },
  d: () => { location.href = './'; },
};
keys['?'] = keys.h;
if (audience) delete keys.d;
$('to-dashboard').hidden = audience;
document.addEventListener('keydown', (event) => {
  const action = keys[event.key.toLowerCase()];
  if (action && !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat) action();
});
document.addEventListener('dblclick', toggleFullScreen);
requestAnimationFrame(frame);
