// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard: streams write into model.js, and one requestAnimationFrame loop draws what has changed.
import { startAbout } from './about.js';
import { startAwake } from './awake.js';
import { Bands } from './bands.js';
import { Breathing, breathingKeys } from './breathing.js';
import { channelKeys, Channels } from './channels.js';
import { Circle } from './circle.js';
import { Edges } from './edges.js';
import { Events } from './events.js';
import { drawHeader } from './header.js';
import { Latency, latencyKeys } from './latency.js';
import { isStale, model, onEvent, onEventsOpen, onLatency, onMetrics, onMetricsOpen, onOnset } from './model.js';
import { $ } from './page.js';
import { Outside } from './outside.js';
import { Patch } from './patch.js';
import { makePlots } from './plots.js';
import { Recorder, recorderKeys } from './recorder.js';
import { drawReplay, startReplay } from './replay.js';
import { askStatus, steering } from './server.js';
import { streams } from './streams.js';
import { Targets } from './targets.js';
import { startField } from './token.js';
import { startView } from './view.js';
import { startWords } from './words.js';

const BUDGET_MS = 6;      // of drawing in one frame; the rest is drawn in the next
const EMPTY_MS = 1000;    // after the page's start: nothing has come, so empty pictures are shown
const STATUS_MS = 500;    // between questions while nothing moves
const FIRST_MS = 150;     // the longest that the page waits for its first numbers before it is shown
const CALM_TURNS = 4;     // of those, while all is well, to one question

// To lay out and draw all of it without numbers takes longer than they do, and would keep them waiting.
const shortly = new Promise((resolve) => setTimeout(resolve, FIRST_MS));
await Promise.all([startWords(), Promise.race([streams.metrics.first, shortly])]);
document.body.hidden = false;
startAbout();
const targets = new Targets();
const patch = new Patch();
function askAll() {
  askStatus();
  targets.ask();
  patch.ask();
}
const hurry = () => Object.values(streams).forEach((stream) => stream.hurry());
startField(() => {
  askAll();
  hurry();
});
streams.metrics.listen(onMetrics, { onOpen: () => { onMetricsOpen(); askAll(); }, onFail: askStatus });
streams.latency.listen(onLatency);
streams.events.listen(onEvent, { onOpen: onEventsOpen });
streams.onsets.listen(onOnset);

startReplay();

const share = async () => (await import('./share.js')).openShare();
$('share-ask').addEventListener('click', share);

const circle = new Circle();
startView({
  ...steering({ ...breathingKeys, ...latencyKeys, ...recorderKeys }), ...channelKeys, r: () => circle.toggle(), p: share, w: startAwake(),
});
const plots = makePlots();
const painters = [...plots, new Channels(), new Bands(), new Breathing(), circle, new Latency(), new Events(), new Recorder(), new Edges(), new Outside()];
let next = 0; // whose turn it is

// All that is due, in turns, as far as the frame's time goes.
function paint(now) {
  const start = performance.now();
  for (let i = 0; i < painters.length && performance.now() - start < BUDGET_MS; i++) {
    const painter = painters[next];
    next = (next + 1) % painters.length;
    if (painter.due(now)) painter.draw(now);
  }
}

// Pictures come after the first numbers, which are seen sooner alone; without any, after a while.
let pictures = false;

function frame() {
  const now = performance.now();
  drawHeader(streams.metrics, now);
  drawReplay(now);
  plots.forEach((plot) => plot.write(now));
  if (pictures) paint(now);
  pictures ||= model.generation > 0 || now > EMPTY_MS;
  requestAnimationFrame(frame);
}

let calm = 0;
setInterval(() => {
  calm = isStale(performance.now()) ? CALM_TURNS : calm + 1;
  if (calm >= CALM_TURNS && streams.metrics.open) {
    calm = 0;
    askAll();
  }
}, STATUS_MS);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) hurry();
});
requestAnimationFrame(frame);
