// SPDX-License-Identifier: GPL-3.0-or-later
// What the streams add when they are asked to (docs/websocket-api.md): levels, bands, onsets. As in model.js, it is only
// written down here, into memory that is taken once. A server that adds nothing leaves all of it as it is.
import { Flash } from './flash.js';
import { Hold } from './meter.js';
import { decibels } from './page.js';
import { Ring } from './ring.js';

const CHANNELS_MAX = 64;
export const BANDS_MAX = 32;
const ONSETS_MAX = 2048;  // of a minute
const RMS_S = 0.15;       // the RMS is that of some hops: one alone is restless
const GAP_S = 1;          // after which it begins anew
const GRACE_MS = 1000;    // an analyser that was asked takes a moment; one that cannot takes longer
const JUMP = 0.05;        // of onset_strength: an onset, where no event says so

export const parts = {
  levels: true,           // whether there are any: until it has turned out that there are none
  bands: 0,               // how many
  noBands: false,         // so it has turned out
  power: new Float64Array(CHANNELS_MAX), // RMS², smoothed
  peak: new Float64Array(CHANNELS_MAX),  // true peak, 1 = full scale
  held: new Hold(CHANNELS_MAX),          // of the peaks
  clipped: new Float64Array(CHANNELS_MAX),
  lit: new Uint8Array(CHANNELS_MAX),     // clip lights
  litGeneration: 0,       // counts their changes
  band: new Float64Array(BANDS_MAX),     // 1 = full scale
  heldBand: new Hold(BANDS_MAX),
  strength: 0,            // of the last onset, falling
  onsets: false,          // whether anything says so
  onsetTimes: new Ring(ONSETS_MAX),      // ms, performance.now()'s clock
  flash: new Flash(),
};

const known = new Uint8Array(CHANNELS_MAX); // whose count of clipped samples has been seen
let lastTime = 0;
const last = { levels: NaN, bands: NaN }; // ms: when they were there

const positive = (value) => (value > 0 && Number.isFinite(value) ? value : 0);

export function clearClips(first = 0, count = CHANNELS_MAX) {
  parts.lit.fill(0, first, first + count);
  parts.litGeneration++;
}

// Whose numbers come now is not known: counts begin anew, lights go out, peaks are forgotten.
export function onPartsOpen() {
  known.fill(0);
  parts.held.forget();
  parts.heldBand.forget();
  last.levels = NaN;
  last.bands = NaN;
  clearClips();
}

function takeLevels(list, keep, now) {
  for (let i = 0; i < list.length; i++) {
    const { rms, peak, clipped } = list[i] ?? {};
    parts.power[i] = positive(rms) ** 2 + (parts.power[i] - positive(rms) ** 2) * keep;
    parts.peak[i] = positive(peak);
    parts.held.take(i, decibels(parts.peak[i]), now);
    if (known[i] && clipped > parts.clipped[i] && !parts.lit[i]) {
      parts.lit[i] = 1;
      parts.litGeneration++;
    }
    parts.clipped[i] = positive(clipped);
    known[i] = 1;
  }
}

function takeStrength(strength, now) {
  if (strength > parts.strength + JUMP) parts.flash.hit(strength, -1, now);
  parts.strength = strength;
}

// Whether something has stayed away for longer than it may.
function lacks(name, there, now) {
  if (there || Number.isNaN(last[name])) last[name] = now;
  return now - last[name] > GRACE_MS;
}

// m: a message of the metrics that is as it should be.
export function takeParts(m, now) {
  const elapsed = m.timestamp - lastTime;
  lastTime = m.timestamp;
  const { levels, bands, onset_strength: strength } = m;
  const all = Array.isArray(levels) && levels.length === m.channel_metrics.length;
  if (all) takeLevels(levels, elapsed > 0 && elapsed < GAP_S ? Math.exp(-elapsed / RMS_S) : 0, now);
  parts.levels = !lacks('levels', all, now);
  const some = Array.isArray(bands) && bands.length > 0 && bands.length <= BANDS_MAX;
  if (some) parts.bands = bands.length;
  parts.noBands = lacks('bands', some, now);
  for (let b = 0; some && b < parts.bands; b++) {
    parts.band[b] = positive(bands[b]);
    parts.heldBand.take(b, decibels(parts.band[b]), now);
  }
  if (strength >= 0 && strength <= 1) {
    parts.onsets = true;
    takeStrength(strength, now);
  }
}

// An event of that kind.
export function takeOnset({ strength, band }, now) {
  if (!(strength >= 0 && strength <= 1)) return;
  parts.onsets = true;
  parts.onsetTimes.push(now);
  parts.flash.hit(strength, Number.isInteger(band) && band >= 0 && band < BANDS_MAX ? band : -1, now);
}

// In the last minute.
export function onsetCount(now) {
  const times = parts.onsetTimes.view();
  let i = times.length;
  while (i > 0 && now - times[i - 1] < 60000) i--;
  return times.length - i;
}
