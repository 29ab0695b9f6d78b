// SPDX-License-Identifier: GPL-3.0-or-later
// The four curves of the last 30 seconds, with their thresholds.
import { model, SPAN_S } from './model.js';
import { $, text } from './page.js';
import { described, onDescribed, server } from './server.js';
import { colours, themeChanged } from './view.js';

/* global uPlot */
const GAP_S = 0.3; // a longer time without numbers is a hole in the curve
const FONT = '11px system-ui, sans-serif';
const TEXT_MS = 100; // nobody reads faster
const EMPTY_MS = 1000; // after the page's start: nothing has come, so empty plots are shown

const WHOLE = { usual_min: 0, usual_max: 1 }; // until the server has said more
const LOWEST_HZ = 20;

const row = (name) => described.metrics[name] ?? WHOLE;
const usual = (name) => (u, low, high) => [Math.min(row(name).usual_min, low ?? 0), Math.max(row(name).usual_max, high ?? 1)];
const hertz = (v) => (v >= 1000 ? `${v / 1000}k` : String(v));

const kinds = {
  ici: { metric: 'ici', range: usual('ici'), splits: [0, 0.25, 0.5, 0.75, 1], thresholds: () => [server.iciThreshold], digits: 3 },
  coherence: { metric: 'phase_coherence', range: usual('phase_coherence'), splits: [0, 0.25, 0.5, 0.75, 1], thresholds: () => [], digits: 3 },
  criticality: {
    metric: 'criticality',
    range: (u, low, high) => [0, Math.ceil(Math.max(row('criticality').usual_max, high ?? 0, server.criticalityThreshold))], thresholds: () => [1, server.criticalityThreshold], digits: 2,
  },
  centroid: {
    metric: 'spectral_centroid', range: () => [LOWEST_HZ, Math.max(1000, 2 * row('spectral_centroid').usual_max)], log: true, splits: [20, 100, 1000, 10000], label: hertz, thresholds: () => [], digits: 0,
  },
};

function drawThresholds(u, kind) {
  const { ctx, bbox } = u;
  const pixel = devicePixelRatio || 1;
  ctx.save();
  ctx.strokeStyle = colours.ink;
  ctx.globalAlpha = 0.75;
  ctx.lineWidth = pixel;
  ctx.setLineDash([5 * pixel, 4 * pixel]);
  ctx.beginPath();
  for (const value of kind.thresholds()) {
    const y = Math.round(u.valToPos(value, 'y', true));
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
  }
  ctx.stroke();
  ctx.restore();
}

// [[from, to]] in canvas pixels: where the curve is to be cut.
function findGaps(u, series, from, to) {
  const x = u.data[0];
  const gaps = [];
  for (let i = Math.max(1, from); i <= to; i++) {
    if (x[i] - x[i - 1] > GAP_S) gaps.push([u.valToPos(x[i - 1], 'x', true), u.valToPos(x[i], 'x', true)]);
  }
  return gaps;
}

function axes(kind) {
  const common = { stroke: () => colours.soft, font: FONT, ticks: { show: false } };
  const grid = { stroke: () => colours.line, width: 1 };
  const ago = (u, splits) => splits.map((s) => (s === u.scales.x.max ? 'now' : `−${Math.round(u.scales.x.max - s)} s`));
  return [
    { ...common, grid: { show: false }, size: 22, gap: 5, splits: (u) => [30, 20, 10, 0].map((s) => u.scales.x.max - s), values: ago },
    {
      ...common, grid, size: 34, gap: 3,
      ...(kind.splits ? { splits: () => kind.splits } : { incrs: [1, 2, 5, 10], space: 24 }),
      ...(kind.label ? { values: (u, splits) => splits.map(kind.label), filter: (u, splits) => splits } : {}),
    },
  ];
}

function options(name, width, height) {
  const kind = kinds[name];
  return {
    width, height, axes: axes(kind), padding: [8, 14, 0, 0],
    legend: { show: false }, cursor: { show: false }, select: { show: false },
    scales: { x: { time: false, auto: false }, y: { range: kind.range, distr: kind.log ? 3 : 1 } },
    series: [{}, { stroke: () => colours[name], width: 1.75, points: { show: false }, gaps: findGaps }],
    hooks: { drawAxes: [(u) => drawThresholds(u, kind)] },
  };
}

// Its uPlot is made when there is something to draw: the page is quicker to come up.
class Plot {
  constructor(name) {
    this.name = name;
    this.value = $(name);
    this.drawn = -1;
    this.writtenAt = -Infinity;
    this.unit = this.value.parentElement.querySelector('.unit');
    onDescribed.push(() => {
      if (this.unit) text(this.unit, row(kinds[name].metric).unit);
      this.drawn = -1;
    });
  }

  make() {
    const host = $(`${this.name}-plot`);
    this.u = new uPlot(options(this.name, host.clientWidth, host.clientHeight), [[], []], host);
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = host;
      if (width > 0 && height > 0 && (width !== this.u.width || height !== this.u.height)) this.u.setSize({ width, height });
    }).observe(host);
    themeChanged.push(() => this.u.redraw(false, true));
  }

  due(now) {
    return this.drawn !== model.generation && (model.generation > 0 || now > EMPTY_MS);
  }

  draw(now) {
    if (now - this.writtenAt > TEXT_MS) {
      this.writtenAt = now;
      text(this.value, model.frame < 0 ? '–' : model[this.name].toFixed(kinds[this.name].digits));
    }
    if (!this.u) {
      this.make();
      return;
    }
    this.drawn = model.generation;
    const times = model.time.view();
    const max = times.length > 0 ? times[times.length - 1] : now / 1000;
    this.u.batch(() => {
      this.u.setData([times, model.rings[this.name].view()], false);
      this.u.setScale('x', { min: max - SPAN_S, max });
    });
  }
}

export const makePlots = () => Object.keys(kinds).map((name) => new Plot(name));
