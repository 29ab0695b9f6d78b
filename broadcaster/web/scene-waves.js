// SPDX-License-Identifier: GPL-3.0-or-later
// The wave field: every active channel a point on an ellipse that sends out circular waves, added up in each cell of
// a coarse grid, which the canvas then enlarges smoothly. The wave comes from a table, in which the bands are its overtones;
// distances are worked out once. The breathing's pulse is a circle in the middle.
import { CHANNELS_MAX, model, share } from './model.js';
import { decibels } from './page.js';
import { parts } from './parts.js';
import { rgb } from './visual-scenes.js';

const SINES = 4096;
const PALETTE = 1024;
const CELLS_LEAST = 1500;
const CELLS_MOST = 90000;
const CLEAR = 0.22;       // of the palette: up to here it can be seen through
const DENSE = 0.75;       // from here on not
const FRAME_MS = 7;       // of one frame that the field may take
const TURN = 2 * Math.PI;

const OVERTONES = 8;      // of which the lowest is the wave itself
const FINEST = 4;         // rows that a wave takes at least
const BAND_DB = -54;      // from here on a band is seen in the wave
const RIPPLE = 0.9;       // of it, at 0 dB, over the overtone's number
const sine = new Float32Array(SINES);
for (let i = 0; i < SINES; i++) sine[i] = Math.sin(i / SINES * TURN);

// Colours as [r, g, b] → PALETTE pixels as a little-endian machine keeps RGBA, from the first colour to the last; transparent:
// nothing in the troughs.
export function makePalette(stops, transparent) {
  const pixels = new Uint32Array(PALETTE);
  for (let i = 0; i < PALETTE; i++) {
    const at = i / (PALETTE - 1) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    const mix = (c) => Math.round(stops[k][c] + (stops[k + 1][c] - stops[k][c]) * (at - k));
    const alpha = transparent ? Math.round(255 * Math.max(0, Math.min(1, (i / PALETTE - CLEAR) / (DENSE - CLEAR)))) : 255;
    pixels[i] = (alpha << 24 | mix(2) << 16 | mix(1) << 8 | mix(0)) >>> 0;
  }
  return pixels;
}

export class Waves {
  constructor(stops, detail, transparent = false) {
    this.palette = makePalette(stops, transparent);
    this.detail = detail;           // 0: by itself
    this.cells = 12000;
    this.canvas = document.createElement('canvas');
    this.context = this.canvas.getContext('2d');
    this.sum = new Float32Array(CELLS_MOST * 2);
    this.distance = [];             // per channel, per cell
    this.height = new Float64Array(CHANNELS_MAX); // follows the level
    this.turn = new Float64Array(CHANNELS_MAX);   // where its wave is, in turns
    this.cos = new Float64Array(CHANNELS_MAX);    // follows the phase against the strongest channel's
    this.sin = new Float64Array(CHANNELS_MAX);
    this.cost = FRAME_MS;
    this.overtone = new Float64Array(OVERTONES); // follows the bands
    this.shape = new Map([1, 2, 4, 8].map((most) => [most, sine.slice()])); // the wave with so many of them
  }

  // The bands, from low to high, are the overtones: bass alone makes round waves, treble ripples them.
  shapeWave(seconds) {
    const quick = share(seconds, 0.1);
    for (let k = 1; k < OVERTONES; k++) {
      let level = 0;
      const end = Math.floor((k + 1) * parts.bands / OVERTONES);
      for (let b = Math.floor(k * parts.bands / OVERTONES); b < end; b++) level = Math.max(level, parts.band[b]);
      const wanted = parts.noBands ? 0 : RIPPLE * Math.max(0, 1 - decibels(level) / BAND_DB) / (k + 1);
      this.overtone[k] += (wanted - this.overtone[k]) * quick;
    }
    let total = 1;
    for (let k = 1, most = 1; most <= OVERTONES; most *= 2) {
      const shape = this.shape.get(most);
      if (most > 1) shape.set(this.shape.get(most / 2));
      for (; k < most; k++) {
        total += this.overtone[k] ** 2;
        const offset = (k * k * SINES) / OVERTONES; // begun together they would be edges
        for (let at = 0; at < SINES; at++) shape[at] += this.overtone[k] * sine[(at * (k + 1) + offset) & (SINES - 1)];
      }
    }
    this.evenness = 1 / Math.sqrt(total);
  }

  // The wave for a pitch, with no more overtones than the grid can show.
  shapeFor(pitch) {
    let most = OVERTONES;
    while (most > 1 && pitch * most * FINEST > this.rows) most /= 2;
    return this.shape.get(most);
  }

  // A channel's level, 1 = full scale: all of it where it is measured, or else its strongest partial's.
  level(i) {
    return parts.levels ? Math.SQRT2 * Math.sqrt(parts.power[i]) : model.amplitude[i];
  }

  source(i) {
    const angle = model.channels > 1 ? i / model.channels * TURN - TURN / 4 : 0;
    const reach = model.channels > 1 ? 0.33 : 0;
    return { x: this.aspect / 2 + reach * this.aspect * Math.cos(angle), y: 0.5 + reach * 1.05 * Math.sin(angle) };
  }

  // Sets the grid for the picture's aspect ratio; distances are in picture heights.
  layOut(aspect) {
    const cells = this.detail ? CELLS_MOST * this.detail ** 2 : this.cells;
    const rows = Math.max(24, Math.round(Math.sqrt(cells / aspect)));
    const columns = Math.max(24, Math.round(rows * aspect));
    if (rows === this.rows && columns === this.columns && this.channels === model.channels) return;
    Object.assign(this, { rows, columns, aspect, channels: model.channels });
    this.canvas.width = columns;
    this.canvas.height = rows;
    this.image = this.context.createImageData(columns, rows);
    this.pixels = new Uint32Array(this.image.data.buffer);
    if (this.sum.length < rows * columns) this.sum = new Float32Array(rows * columns);
    this.distance = Array.from({ length: model.channels }, (_, i) => this.distances(this.source(i)));
  }

  distances({ x, y }) {
    const out = new Float32Array(this.rows * this.columns);
    for (let row = 0, at = 0; row < this.rows; row++) {
      const dy = (row + 0.5) / this.rows - y;
      for (let column = 0; column < this.columns; column++, at++) {
        out[at] = Math.hypot((column + 0.5) / this.columns * this.aspect - x, dy);
      }
    }
    return out;
  }

  // The phases come with each message and jump; their differences to the strongest channel are what lasts.
  follow(seconds, speed) {
    let lead = 0;
    for (let i = 1; i < model.channels; i++) if (model.amplitude[i] > model.amplitude[lead]) lead = i;
    this.shapeWave(seconds);
    const quick = share(seconds, 0.08);
    const slow = 1 - Math.exp(-seconds / 0.6);
    for (let i = 0; i < model.channels; i++) {
      const height = model.on[i] ? Math.min(1, Math.max(0, 1 + decibels(this.level(i)) / 60)) ** 2 : 0;
      this.height[i] += (height - this.height[i]) * quick;
      const phase = model.phase[i] - model.phase[lead];
      this.cos[i] += (Math.cos(phase) - this.cos[i]) * slow;
      this.sin[i] += (Math.sin(phase) - this.sin[i]) * slow;
      this.turn[i] = (this.turn[i] + seconds * speed * (0.35 + this.length(i))) % 1;
    }
  }

  // Waves per picture height: from 2 at 30 Hz to 20 at 12 kHz.
  pitch(i) {
    const octaves = Math.log2(Math.max(30, Math.min(12000, model.frequency[i] || 30)) / 30);
    return 2 + 18 * (octaves / 8.65) ** 1.5;
  }

  length(i) {
    return 1 / this.pitch(i);
  }

  addChannel(i, cells) {
    const { sum } = this;
    const distance = this.distance[i];
    const scale = this.pitch(i) * SINES;
    const phase = Math.atan2(this.sin[i], this.cos[i]) / TURN;
    const shift = (2 - (this.turn[i] % 1) + phase) * SINES;
    const height = this.height[i];
    const shape = this.shapeFor(this.pitch(i));
    for (let at = 0; at < cells; at++) {
      const d = distance[at];
      sum[at] += height / (0.45 + d) * shape[(d * scale + shift) & (SINES - 1)];
    }
  }

  // contrast sharpens the crests, tint moves the colours, gain is the pulse.
  draw(contrast, tint, gain) {
    const start = performance.now();
    const cells = this.rows * this.columns;
    const { sum, pixels, palette } = this;
    sum.fill(0, 0, cells);
    let total = 0.35;
    for (let i = 0; i < model.channels; i++) {
      if (this.height[i] < 0.004) continue;
      this.addChannel(i, cells);
      total += this.height[i] ** 2;
    }
    const scale = gain * contrast * this.evenness / Math.sqrt(total) * 0.65;
    const middle = 0.36 + tint;
    for (let at = 0; at < cells; at++) {
      const value = sum[at] * scale;
      const bent = value / (1 + Math.abs(value));
      pixels[at] = palette[Math.max(0, Math.min(PALETTE - 1, ((middle + bent * 0.95) * PALETTE) | 0))];
    }
    this.context.putImageData(this.image, 0, 0);
    this.adapt(performance.now() - start);
  }

  // As fine as the machine can draw in time; changes in steps, since each costs new distances.
  adapt(ms) {
    this.cost += (ms - this.cost) * 0.08;
    if (this.cost > FRAME_MS * 1.3 || this.cost < FRAME_MS * 0.5) {
      const wanted = this.cells * (this.cost > FRAME_MS ? 0.7 : 1.4);
      this.cells = Math.max(CELLS_LEAST, Math.min(CELLS_MOST, wanted));
      this.cost = FRAME_MS;
    }
  }
}

let waves = null;
let contrast = 1;
let tint = 0;
let coherence = 0;

function drawPulse(context, { width, height, gain, colour }) {
  const radius = height * (0.08 + 0.12 * gain);
  context.strokeStyle = colour(1);
  context.globalAlpha = 0.25 + 0.35 * coherence;
  context.lineWidth = height * (0.003 + 0.012 * coherence);
  context.beginPath();
  context.arc(width / 2, height / 2, radius, 0, TURN);
  context.stroke();
}

export default {
  parts: [],
  draw(context, view) {
    const { width, height, seconds, gain, calm } = view;
    waves ??= new Waves(view.stops.map(rgb), view.detail, view.transparent);
    contrast += (0.7 + Math.min(3, model.criticality) * 0.5 - contrast) * (1 - Math.exp(-seconds / (calm ? 1.5 : 0.15)));
    tint += ((Math.log2(Math.max(100, model.centroid) / 800)) * 0.045 - tint) * (1 - Math.exp(-seconds / 0.8));
    coherence += (model.coherence - coherence) * share(seconds, 0.03);
    waves.layOut(width / height);
    waves.follow(seconds, (calm ? 0.25 : 1) * (0.6 + model.ici));
    waves.draw(contrast, tint, gain);
    context.globalAlpha = 0.35 + 0.65 * gain;
    context.imageSmoothingQuality = 'low';
    context.drawImage(waves.canvas, 0, 0, width, height);
    drawPulse(context, view);
  },
};
