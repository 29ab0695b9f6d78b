// SPDX-License-Identifier: GPL-3.0-or-later
// Messages only replace `latest`; everything is drawn from it in one requestAnimationFrame callback.
'use strict';

const STALE_MS = 450;        // a frame number that has not moved for this long is shown as stale
const RETRY_MS = [250, 8000]; // reconnecting: first and longest wait
const EVENTS_SHOWN = 50;
const SILENCE_DB = -90;

const latest = { metrics: null, latency: null };
const pending = [];          // events not drawn yet
const open = { metrics: false, latency: false, events: false };
let movedAt = -Infinity;     // when the frame number last moved, performance.now()
let movedFrom = -1;
let why = '';
let closed = false;          // a connection has failed or ended, so this is not the first try
let moves = [];              // when the latest messages with a new frame came: the rate

const $ = (id) => document.getElementById(id);

function connect(stream, onMessage, wait = RETRY_MS[0]) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const ws = new WebSocket(`${scheme}//${location.host}/ws/${stream}`);
  ws.onopen = () => { open[stream] = true; wait = RETRY_MS[0]; };
  ws.onmessage = (message) => {
    let data;
    try { data = JSON.parse(message.data); } catch { console.error('not JSON:', message.data); return; }
    onMessage(data);
  };
  ws.onclose = () => {
    open[stream] = false;
    closed = true;
    setTimeout(connect, wait * (0.75 + Math.random() / 2), stream, onMessage, Math.min(wait * 2, RETRY_MS[1]));
  };
}

function onMetrics(data) {
  latest.metrics = data;
  if (data.channel_metrics.length === 0) { // an idle frame: there is no analyser
    movedAt = -Infinity;
  } else if (data.frame !== movedFrom) {
    movedFrom = data.frame;
    movedAt = performance.now();
    moves.push(movedAt);
  }
}

function onEvent(data) {
  pending.push(data);
  if (pending.length > EVENTS_SHOWN) pending.shift();
}

// Why nothing moves is asked for only while nothing moves.
async function askWhy() {
  if (isStale() && open.metrics) {
    try {
      const status = await (await fetch('/api/status', { cache: 'no-store' })).json();
      why = status.source.detail;
    } catch { why = ''; }
  }
}

const isStale = () => performance.now() - movedAt > STALE_MS;

function text(id, value) {
  const node = $(id);
  if (node.textContent !== value) node.textContent = value;
}

function bar(node, share) {
  node.style.transform = `scaleX(${Math.max(0, Math.min(1, share)).toFixed(4)})`;
}

const decibels = (amplitude) => amplitude > 0 ? 20 * Math.log10(amplitude) : -Infinity;

function drawState(stale) {
  const badge = $('state');
  const state = !open.metrics && closed ? 'lost' : stale ? 'waiting' : 'live';
  const waiting = open.metrics ? 'stale: nothing new' : 'connecting';
  text('state', { lost: 'not connected, trying again', waiting, live: 'live' }[state]);
  if (!badge.classList.contains(state)) badge.className = `badge ${state}`;
  text('why', state === 'waiting' ? why : '');
  $('live').classList.toggle('stale', state !== 'live');
  const now = performance.now();
  moves = moves.filter((at) => now - at < 1000);
  text('rate', state === 'live' ? `, ${moves.length} messages/s` : '');
}

function drawMetrics(m) {
  text('frame', m.frame.toLocaleString('en').replaceAll(',', '\u202f'));
  text('ici', m.ici.toFixed(3));
  text('criticality', m.criticality.toFixed(3));
  text('coherence', m.phase_coherence.toFixed(3));
  text('centroid', m.spectral_centroid.toFixed(m.spectral_centroid < 1000 ? 1 : 0));
  text('breathing', m.phi_breathing_active ? 'on' : 'off');
  text('depth', m.phi_depth.toFixed(3));
  text('phase', m.phi_phase.toFixed(2));
  bar($('ici-bar'), m.ici);
  bar($('criticality-bar'), m.criticality / 3);
  bar($('coherence-bar'), m.phase_coherence);
  bar($('centroid-bar'), m.spectral_centroid > 20 ? Math.log10(m.spectral_centroid / 20) / 3 : 0);
  bar($('depth-bar'), m.phi_depth);
  drawChannels(m);
}

function newRow(number) {
  const row = document.createElement('tr');
  for (let i = 0; i < 5; i++) row.append(document.createElement('td'));
  row.cells[0].textContent = number;
  const frame = document.createElement('div');
  frame.className = 'bar';
  frame.append(document.createElement('i'));
  row.cells[1].append(frame);
  return row;
}

function drawChannels(m) {
  const body = $('channels');
  const list = m.channel_metrics;
  while (body.rows.length < list.length) body.append(newRow(body.rows.length + 1));
  while (body.rows.length > list.length) body.lastElementChild.remove();
  list.forEach((channel, i) => {
    const { cells, classList } = body.rows[i];
    const db = decibels(channel.amplitude);
    const on = channel.active;
    classList.toggle('silent', !on);
    bar(cells[1].firstElementChild.firstElementChild, on ? 1 - db / SILENCE_DB : 0);
    cells[2].textContent = on ? db.toFixed(1) : '–';
    cells[3].textContent = on ? channel.frequency.toFixed(2) : '–';
    cells[4].textContent = on ? channel.phase.toFixed(2) : '–';
  });
  text('active', list.length ? `${m.active_channels} of ${list.length} active` : '');
  $('no-channels').hidden = list.length > 0;
}

function drawLatency(l) {
  for (const key of Object.keys(l)) {
    if (key.endsWith('_ms')) text(key, `${l[key].toFixed(key === 'jitter_ms' ? 3 : 1)} ms`);
  }
  text('calibrated', l.calibrated ? 'yes' : 'no');
}

function describe(e) {
  switch (e.type) {
    case 'state_change': return `${e.from_state} → ${e.to_state} (${e.trigger}, ${Math.round(e.confidence * 100)} %)`;
    case 'critical_event': return `critical for ${e.duration_ms.toFixed(0)} ms, peak ${e.criticality.toFixed(2)}`;
    case 'phi_adaptation': return `phi depth ${e.old_depth.toFixed(3)} → ${e.new_depth.toFixed(3)} (${e.reason})`;
    default: return e.type;
  }
}

function drawEvents() {
  const list = $('events');
  for (const e of pending.splice(0)) {
    const item = document.createElement('li');
    const time = document.createElement('time');
    time.textContent = new Date(e.timestamp * 1000).toLocaleTimeString('en-GB');
    item.append(time, describe(e));
    list.prepend(item);
    while (list.children.length > EVENTS_SHOWN) list.lastElementChild.remove();
    $('no-events').hidden = true;
  }
}

function draw() {
  const stale = isStale();
  drawState(stale);
  if (latest.metrics) { drawMetrics(latest.metrics); latest.metrics = null; }
  if (latest.latency) { drawLatency(latest.latency); latest.latency = null; }
  if (pending.length > 0) drawEvents();
  requestAnimationFrame(draw);
}

connect('metrics', onMetrics);
connect('latency', (data) => { latest.latency = data; });
connect('events', onEvent);
setInterval(askWhy, 500);
requestAnimationFrame(draw);
