// SPDX-License-Identifier: GPL-3.0-or-later
// The four curves of the last 30 seconds, with their thresholds.
import { described, onDescribed } from './described.js';
import { measured, model, SPAN_S } from './model.js';
import { $, element, minus, Surface, text } from './page.js';
import { server } from './server.js';
import { colours, themeChanged } from './view.js';
import { languageChanged, t } from './words.js';

const GAP_S = 0.3;     // a longer time without numbers is a hole in the curve
const FONT = '11px system-ui, sans-serif';
const TEXT_MS = 100;   // nobody reads faster
const EDGE = { left: 34, top: 8, right: 14, bottom: 20 }; // pixels, for the words around it
const LINE_Y = 16;     // from one line of words to the next, at least
const NARROW = 220;    // a plot that has room for fewer words below
const LOWEST_HZ = 20;

const WHOLE = { usual_min: 0, usual_max: 1, unit: '' }; // until the server has said more
const row = (name) => described.metrics[name] ?? WHOLE;
const usual = (name) => () => [row(name).usual_min, row(name).usual_max];
const hertz = (v) => (v >= 1000 ? `${v / 1000}k` : String(v));
const highest = (values) => values.reduce((most, value) => (value > most ? value : most), 0);

// range: of the picture, which may depend on the values; steps: between lines across it, the first that leaves them room.
const kinds = {
  ici: { metric: 'ici', range: usual('ici'), steps: [0.25, 0.5, 1], thresholds: () => [server.iciThreshold], digits: 3 },
  coherence: { metric: 'phase_coherence', range: usual('phase_coherence'), steps: [0.25, 0.5, 1], thresholds: () => [], digits: 3 },
  criticality: {
    metric: 'criticality', range: (values) => [0, Math.ceil(Math.max(row('criticality').usual_max, highest(values), server.criticalityThreshold))],
    steps: [1, 2, 5, 10, 20, 50, 100, 1000], thresholds: () => [1, server.criticalityThreshold], digits: 2,
  },
  centroid: {
    metric: 'spectral_centroid', range: () => [LOWEST_HZ, Math.max(1000, 2 * row('spectral_centroid').usual_max)], log: true,
    lines: [20, 100, 1000, 10000], thresholds: () => [], digits: 0,
  },
};

class Plot {
  constructor(name) {
    this.name = name;
    this.kind = kinds[name];
    this.value = $(name);
    this.drawn = -1;
    this.writtenAt = -Infinity;
    this.written = 0; // model.generation
    this.unit = this.value.parentElement.querySelector('.unit');
    this.needs = this.value.closest('.metric').querySelector('.needs');
    const again = () => { this.drawn = this.written = -1; };
    this.surface = new Surface($(`${name}-plot`).appendChild(element('canvas')), again);
    for (const changes of [themeChanged, languageChanged]) changes.push(again);
    onDescribed.push(() => {
      if (this.unit) text(this.unit, row(this.kind.metric).unit);
      again();
    });
  }

  due() {
    return this.drawn !== model.generation;
  }

  // The number, which waits for no picture.
  write(now) {
    if (now - this.writtenAt <= TEXT_MS || this.written === model.generation) return;
    this.writtenAt = now;
    this.written = model.generation;
    text(this.value, measured(this.name) ? model[this.name].toFixed(this.kind.digits) : '–');
    if (this.needs) text(this.needs, model.active === 1 ? t('needs_two') : '');
  }

  // Where the lines across it are.
  lines([low, high], height) {
    if (this.kind.lines) return this.kind.lines.filter((value) => value <= high);
    const step = this.kind.steps.find((each) => each / (high - low) * height >= LINE_Y) ?? high - low;
    return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);
  }

  drawLines(values, y, width) {
    const { context } = this.surface;
    let last = Infinity;
    context.textAlign = 'right';
    for (const value of values) {
      const at = Math.round(y(value));
      context.fillStyle = colours.line;
      context.fillRect(EDGE.left, at, width, 1);
      if (last - at < LINE_Y - 2) continue;
      last = at;
      context.fillStyle = colours.soft;
      context.fillText(hertz(value), EDGE.left - 5, at);
    }
  }

  drawTimes(x, max) {
    const { context, width, height } = this.surface;
    context.textAlign = 'center';
    context.fillStyle = colours.soft;
    for (const ago of width < NARROW ? [30, 15, 0] : [30, 20, 10, 0]) {
      context.fillText(ago > 0 ? `${minus(-ago, 0)} s` : t('now'), x(max - ago), height - EDGE.bottom / 2 + 2);
    }
  }

  drawThresholds(y, width) {
    const { context } = this.surface;
    context.strokeStyle = colours.ink;
    context.globalAlpha = 0.75;
    context.lineWidth = 1;
    context.setLineDash([5, 4]);
    context.beginPath();
    for (const value of this.kind.thresholds()) {
      const at = Math.round(y(value)) + 0.5;
      context.moveTo(EDGE.left, at);
      context.lineTo(EDGE.left + width, at);
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  // With holes where nothing came, or where there was no such number.
  drawCurve(times, values, x, y) {
    const { context } = this.surface;
    context.strokeStyle = colours[this.name];
    context.lineWidth = 1.75;
    context.lineJoin = 'round';
    context.beginPath();
    for (let i = 0, last = -Infinity; i < times.length; i++) {
      if (Number.isNaN(values[i])) continue;
      if (times[i] - last > GAP_S || Number.isNaN(values[i - 1])) context.moveTo(x(times[i]), y(values[i]));
      else context.lineTo(x(times[i]), y(values[i]));
      last = times[i];
    }
    context.stroke();
  }

  draw(now) {
    const { context } = this.surface;
    const width = this.surface.width - EDGE.left - EDGE.right;
    const height = this.surface.height - EDGE.top - EDGE.bottom;
    this.drawn = model.generation;
    if (width <= 0 || height <= 0) return;
    const times = model.time.view();
    const values = model.rings[this.name].view();
    const max = times.at(-1) ?? now / 1000;
    const [low, high] = this.kind.range(values);
    const scale = this.kind.log ? Math.log : (value) => value;
    const x = (time) => EDGE.left + width * (1 - (max - time) / SPAN_S);
    const y = (value) => EDGE.top + height * (1 - (scale(Math.min(high, Math.max(low, value))) - scale(low)) / (scale(high) - scale(low)));
    const first = times.findIndex((time) => time > max - SPAN_S);
    this.surface.clear();
    context.font = FONT;
    context.textBaseline = 'middle';
    this.drawLines(this.lines([low, high], height), y, width);
    this.drawTimes(x, max);
    this.drawThresholds(y, width);
    if (first >= 0) this.drawCurve(times.subarray(first), values.subarray(first), x, y);
  }
}

export const makePlots = () => Object.keys(kinds).map((name) => new Plot(name));
