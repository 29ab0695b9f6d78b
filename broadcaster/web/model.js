// SPDX-License-Identifier: GPL-3.0-or-later
// What the streams have said. Messages are only written down here, into memory that is taken once; pictures are
// made from it in requestAnimationFrame.
import { onPartsOpen, takeOnset, takeParts } from './parts.js';
import { Ring } from './ring.js';
import { server } from './server.js';

export const CHANNELS_MAX = 64;
export const SPAN_S = 30;
export const EVENTS_MAX = 64;

const STALE_MS = 400; // without a new frame; a drawn frame later it shows
const RING = 1024;    // SPAN_S at 30 Hz, and some
const SLOW_S = 0.06;  // messages further apart than this are seen as steps
const KINDS = ['state_change', 'critical_event', 'phi_adaptation'];

export const model = {
  ici: 0, criticality: 0, coherence: 0, centroid: 0,
  depth: 0, theta: 0, breathing: false, speed: NaN, // Hz; measured from theta
  frame: -1, active: 0, channels: 0, // frame: −1 while nothing is known
  absent: false,          // whether the server says that there is no analyser
  frequency: new Float64Array(CHANNELS_MAX),
  amplitude: new Float64Array(CHANNELS_MAX),
  phase: new Float64Array(CHANNELS_MAX),
  on: new Uint8Array(CHANNELS_MAX),
  time: new Ring(RING),   // s, performance.now()'s clock
  rings: { ici: new Ring(RING), coherence: new Ring(RING), criticality: new Ring(RING), centroid: new Ring(RING) },
  generation: 0,          // counts frames
  interval: 1 / 30,       // s between messages, by their own times
  movedAt: -Infinity,     // ms: when the last one came
  latency: null,
  events: [],             // newest last
  eventsSeen: 0,
  state: '',              // as the last state_change said; '' until one has
  message: null,          // the last of the metrics, as it came
  refused: 0,             // messages that were not as the contract says
};

const MEASURES = ['ici', 'coherence', 'criticality', 'centroid'];

// Whether there is such a number: silence has none, and one channel agrees with nobody.
export const measured = (name) => model.active > (name === 'ici' || name === 'coherence' ? 1 : 0);

const number = (value) => typeof value === 'number' && Number.isFinite(value);

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function validMetrics(m) {
  return m && number(m.frame) && number(m.timestamp) && number(m.ici) && number(m.criticality) && number(m.phase_coherence) &&
    number(m.spectral_centroid) && number(m.phi_depth) && number(m.phi_phase) && Array.isArray(m.channel_metrics) &&
    m.channel_metrics.length <= CHANNELS_MAX;
}

// The breathing's rate is not in the message, but its phase is.
let lastTheta = 0;
let lastTime = 0;
function measureSpeed(m) {
  const elapsed = m.timestamp - lastTime;
  const turned = ((m.phi_phase - lastTheta) / (2 * Math.PI) + 1) % 1;
  lastTheta = m.phi_phase;
  lastTime = m.timestamp;
  if (elapsed > 0.01 && elapsed < 1) model.interval += (elapsed - model.interval) * 0.2;
  if (!m.phi_breathing_active) {
    model.speed = NaN;
  } else if (elapsed > 0.01 && elapsed < Math.max(0.07, 1.5 * model.interval)) {
    const now = turned / elapsed;
    model.speed = Number.isFinite(model.speed) ? model.speed + (now - model.speed) * 0.15 : now;
  }
}

function takeChannels(list) {
  model.channels = list.length;
  for (let i = 0; i < list.length; i++) {
    const channel = list[i];
    model.frequency[i] = channel.frequency;
    model.amplitude[i] = channel.amplitude;
    model.phase[i] = channel.phase;
    model.on[i] = channel.active ? 1 : 0;
  }
}

// There is no analyser, so nothing is known.
function forget() {
  if (model.absent) return;
  Object.assign(model, { absent: true, frame: -1, active: 0, channels: 0, breathing: false, latency: null, movedAt: -Infinity });
  onPartsOpen();
  model.generation++;
}

export function onMetrics(text) {
  const m = parse(text);
  if (!validMetrics(m)) {
    model.refused++;
    return;
  }
  if (m.channel_metrics.length === 0) {
    forget();
    return;
  }
  model.absent = false;
  if (m.frame === model.frame) return;
  measureSpeed(m);
  model.message = m;
  model.frame = m.frame;
  model.ici = m.ici;
  model.criticality = m.criticality;
  model.coherence = m.phase_coherence;
  model.centroid = m.spectral_centroid;
  model.depth = m.phi_depth;
  model.theta = m.phi_phase;
  model.breathing = m.phi_breathing_active === true;
  model.active = m.active_channels;
  takeChannels(m.channel_metrics);
  model.movedAt = performance.now();
  takeParts(m, model.movedAt);
  model.time.push(model.movedAt / 1000);
  for (const name of MEASURES) model.rings[name].push(measured(name) ? model[name] : NaN);
  model.generation++;
}

export function onLatency(text) {
  const l = parse(text);
  if (!l || !number(l.total_latency_ms) || !number(l.hardware_latency_ms) || !number(l.software_latency_ms) ||
      !number(l.buffer_latency_ms) || !number(l.jitter_ms) || !number(l.compensation_ms)) {
    model.refused++;
    return;
  }
  model.latency = l.total_latency_ms > 0 && !model.absent ? l : null; // 0 is that of no analyser
}

// A replay brings events that may be known already.
const known = (e) => model.events.some((other) => other.timestamp === e.timestamp && other.type === e.type);

export function onEvent(text) {
  const e = parse(text);
  if (!e || !KINDS.includes(e.type) || !number(e.timestamp)) {
    model.refused++;
    return;
  }
  if (e.type === 'state_change') model.state = e.to_state;
  if (known(e)) return;
  model.events.push(e);
  if (model.events.length > EVENTS_MAX) model.events.shift();
  model.eventsSeen++;
}

// The stream of onsets: what else comes there comes on the events' own as well, where it is not in their way.
export function onOnset(text) {
  const e = parse(text);
  if (e?.type === 'onset') takeOnset(e, performance.now());
}

export const onMetricsOpen = onPartsOpen;

// What was missed while away may have been a change of state.
export function onEventsOpen() {
  model.state = '';
}

// How much of its way to the newest number a drawn one goes in so many seconds: quickly at first, by the constant (s); or, where
// messages come slowly, evenly, so that it is there when the next is due.
export function share(seconds, constant) {
  if (model.interval < SLOW_S) return 1 - Math.exp(-seconds / constant);
  return seconds / Math.max(seconds, model.interval - (performance.now() - model.movedAt) / 1000);
}

export const isStale = (now) => now - model.movedAt > STALE_MS;

// The state by the numbers alone, until the events' stream has said it.
export function stateNow() {
  if (model.state) return model.state;
  if (model.active === 0) return 'idle';
  const integrated = model.ici >= server.iciThreshold;
  const bursting = model.criticality >= server.criticalityThreshold;
  if (integrated) return bursting ? 'critical' : 'coherent';
  return bursting ? 'turbulent' : 'ambient';
}

// Frames in the last second.
export function frameRate(now) {
  const times = model.time.view();
  let i = times.length;
  while (i > 0 && now / 1000 - times[i - 1] < 1) i--;
  return times.length - i;
}
