// SPDX-License-Identifier: GPL-3.0-or-later
// The full-screen picture: a scene (visual-scenes.js), and cues upon it (visual-cues.js).
import { openAccess } from './access.js';
import { adding, askDescription } from './described.js';
import { isStale, model, onEvent, onEventsOpen, onMetrics, onMetricsOpen, onOnset } from './model.js';
import { $, element, reducedMotion, Surface, text } from './page.js';
import { parts } from './parts.js';
import { askStatus } from './server.js';
import { Stream, streamUrl } from './stream.js';
import { startField } from './token.js';
import { asked, faults } from './visual-asked.js';
import { Cues } from './visual-cues.js';
import { takeKeys } from './visual-keys.js';
import { colouring, load, SCENES } from './visual-scenes.js';

const TURN = 2 * Math.PI;
const HINT_MS = 6000;
const QUIET_MS = 3000;        // a transparent picture says nothing before
const GRACE_FRAMES = 60;      // for what is measured on request

const { audience, host } = asked;
const surface = new Surface($('picture'));
const cues = new Cues();
const names = SCENES.includes(asked.scene) ? SCENES : [...SCENES, asked.scene];
const view = { // visual-scenes.js
  model, parts, width: 0, height: 0, t: 0, seconds: 0, gain: 1, calm: false,
  colour: colouring(asked.stops), stops: asked.stops, detail: asked.detail, transparent: asked.transparent,
};
let name = asked.scene;
let scene = null;
let { captions } = asked;
let shown = 0;        // 0 … 1: how far the picture has come out of the background
let theta = 0;        // of the breathing, carried on between messages
let thetaFrame = -1;
let drawnAt = performance.now();

function blame(what) {
  if (!faults.includes(what)) faults.push(what);
  $('faults').replaceChildren(...faults.map((fault) => element('li', '', fault)));
}

let hinting = 0;
function hint(what) {
  if (asked.transparent) return;
  text($('said'), what);
  $('hint').hidden = false;
  clearTimeout(hinting);
  hinting = setTimeout(() => { $('hint').hidden = true; }, HINT_MS);
}

async function show(next) {
  name = next;
  try {
    const loaded = await load(next);
    if (name === next) scene = loaded;
  } catch (error) {
    blame(`scene=${next}: ${error.message}; there are ${SCENES.join(', ')}`);
    if (next === name && next !== SCENES[0]) show(SCENES[0]);
  }
}

function turn(by) {
  show(names[(names.indexOf(name) + by + names.length) % names.length]);
  const url = new URL(location.href);
  url.searchParams.set('scene', name);
  history.replaceState(history.state, '', url);
  hint(name);
}

// What an edge has (docs/scale.md): onsets show by the metrics' own.
function audienceStreams() {
  const query = Object.fromEntries(['rate', 'add'].filter((key) => asked[key]).map((key) => [key, asked[key]]));
  return [
    new Stream(() => streamUrl('metrics', query)).listen(onMetrics, { onOpen: onMetricsOpen }),
    new Stream(() => streamUrl('events')).listen(onEvent, { onOpen: onEventsOpen }),
  ];
}

function connect() {
  if (host === null) return null;
  openAccess(host);
  const streams = audience ? audienceStreams() : [
    new Stream(() => streamUrl('metrics', adding('levels', 'bands', 'onsets'))).listen(onMetrics, {
      onOpen: () => { onMetricsOpen(); askDescription(); }, onFail: askStatus,
    }),
    new Stream(() => streamUrl('events', { replay: 1 })).listen(onEvent, { onOpen: onEventsOpen }),
    new Stream(() => streamUrl('events', adding('onsets'))).listen(onOnset),
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

// What the scene draws and nobody sends.
const missing = () => scene?.parts.find((part) => ({
  levels: !parts.levels, bands: parts.noBands, onsets: !parts.onsets && model.generation > GRACE_FRAMES,
})[part]);

function note(now) {
  if (!metrics) return;
  const lacks = missing();
  let what = lacks ? `${name}: this server sends no ${lacks}` : '';
  if (isStale(now)) what = metrics.open ? 'no sound data' : `connecting to ${host || location.host}`;
  text($('note'), asked.transparent && (now < QUIET_MS || model.generation > 0) ? '' : what);
}

function paint(context) {
  context.save();
  try {
    scene.draw(context, view);
  } catch (error) {
    blame(`${name}: ${error.message}`);
    console.error(error);
    scene = null;
  }
  context.restore();
  if (shown < 0.99) {
    context.globalCompositeOperation = 'destination-in';
    context.globalAlpha = shown;
    context.fillRect(0, 0, view.width, view.height);
    context.globalCompositeOperation = 'source-over';
    context.globalAlpha = 1;
  }
}

function frame() {
  const now = performance.now();
  const seconds = Math.min(0.1, (now - drawnAt) / 1000);
  const { context, width, height } = surface;
  drawnAt = now;
  note(now);
  const live = !isStale(now) && model.active > 0;
  shown += ((live ? 1 : 0) - shown) * (1 - Math.exp(-seconds / 0.5));
  cues.take(now);
  if (width > 0 && height > 0) {
    Object.assign(view, { width, height, seconds, t: now / 1000, calm: reducedMotion.matches, gain: breathe(seconds) });
    surface.clear();
    if (scene && shown > 0.01) paint(context);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    cues.draw(context, view, now, { captions, onsets: !scene?.parts.includes('onsets') });
  }
  requestAnimationFrame(frame);
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

function toggleCaptions() {
  captions = !captions;
  hint(`captions ${captions ? 'on' : 'off'}`);
}

takeKeys($('picture'), {
  help: () => { $('help').hidden = !$('help').hidden; },
  fullScreen: toggleFullScreen,
  captions: toggleCaptions,
  next: () => turn(1),
  previous: () => turn(-1),
  dashboard: audience ? null : () => { location.href = './'; },
});
$('to-dashboard').hidden = audience;
document.documentElement.classList.toggle('transparent', asked.transparent);
if (!asked.transparent) document.body.style.background = `#${asked.background}`;
if (faults.length) blame(faults[0]);
if (captions) hint('');
show(name);
requestAnimationFrame(frame);
