// SPDX-License-Identifier: GPL-3.0-or-later
// All channels' phases on one circle, and the arrow of the order parameter.
import { CHANNELS_MAX, measured, model } from './model.js';
import { $, attribute, reducedMotion, Surface, text } from './page.js';
import { colours, themeChanged } from './view.js';

const CALM_MS = 500; // between pictures when less motion is asked for
const TURN = 2 * Math.PI;
const LABELLED = 16; // channels: more have no numbers
const LABEL_OUT = 17; // pixels, from the circle
const LABEL_GAP = 4;
const LABEL_HIGH = 14;
const LISTED = 4; // in a label

// "1, 2, 5–7": channels that stand together; of many how many there are.
function listed(channels) {
  const runs = [];
  for (const i of channels) {
    if (runs.at(-1)?.to === i - 1) runs.at(-1).to = i;
    else runs.push({ from: i, to: i });
  }
  if (runs.length > LISTED) return `${channels[0] + 1}, … (${channels.length})`;
  return runs.map(({ from, to }) => (to > from + 1 ? `${from + 1}–${to + 1}` : to > from ? `${from + 1}, ${to + 1}` : from + 1)).join(', ');
}

function strongest() {
  let best = -1;
  for (let i = 0; i < model.channels; i++) {
    if (model.on[i] && (best < 0 || model.amplitude[i] > model.amplitude[best])) best = i;
  }
  return best;
}

const all = Array.from({ length: CHANNELS_MAX }, (_, i) => i);

// The direction of the sum of these channels.
function direction(offset, channels = all) {
  let x = 0;
  let y = 0;
  for (const i of channels) {
    if (i >= model.channels || !model.on[i]) continue;
    x += model.amplitude[i] * Math.cos(model.phase[i] - offset);
    y += model.amplitude[i] * Math.sin(model.phase[i] - offset);
  }
  return Math.atan2(y, x);
}

export class Circle {
  constructor() {
    this.surface = new Surface($('circle'), () => { this.drawn = -1; });
    this.relative = true;
    this.drawn = -1;
    this.drawnAt = 0;
    $('relative').addEventListener('click', () => this.toggle());
    themeChanged.push(() => { this.drawn = -1; });
  }

  toggle() {
    this.relative = !this.relative;
    attribute($('relative'), 'aria-pressed', String(this.relative));
    this.drawn = -1;
  }

  due(now) {
    return this.drawn !== model.generation && (!reducedMotion.matches || now - this.drawnAt > CALM_MS);
  }

  drawScale(x, y, radius) {
    const { context } = this.surface;
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    context.beginPath();
    for (const share of [0.25, 0.5, 0.75]) {
      context.moveTo(x + radius * share, y);
      context.arc(x, y, radius * share, 0, TURN);
    }
    context.moveTo(x - radius, y);
    context.lineTo(x + radius, y);
    context.moveTo(x, y - radius);
    context.lineTo(x, y + radius);
    context.stroke();
    context.strokeStyle = colours.soft;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, radius, 0, TURN);
    context.stroke();
  }

  drawChannel(i, x, y, radius, offset) {
    const { context } = this.surface;
    const many = model.channels > LABELLED;
    const angle = model.phase[i] - offset;
    const size = (many ? 3 : 6) + (many ? 3 : 6) * Math.sqrt(Math.min(1, model.amplitude[i]));
    const px = x + radius * Math.cos(angle);
    const py = y - radius * Math.sin(angle);
    context.globalAlpha = many ? 0.7 : 0.92;
    context.fillStyle = colours.ici;
    context.beginPath();
    context.arc(px, py, size, 0, TURN);
    context.fill();
    context.globalAlpha = 1;
  }

  // The numbers of channels that stand close together are one label, "1, 2".
  drawLabels(x, y, radius, offset) {
    const { context, width } = this.surface;
    const channels = [];
    for (let i = 0; i < model.channels; i++) if (model.on[i]) channels.push(i);
    const place = (group) => {
      const words = listed(group);
      const angle = direction(offset, group);
      const half = context.measureText(words).width / 2;
      const out = radius + LABEL_OUT;
      const middle = x + out * Math.cos(angle) + Math.cos(angle) * Math.max(0, half - 4);
      return { group, words, half, x: Math.max(half, Math.min(width - half, middle)), y: y - out * Math.sin(angle) };
    };
    let labels = channels.map((i) => place([i]));
    const touch = (a, b) => Math.abs(a.x - b.x) < a.half + b.half + LABEL_GAP && Math.abs(a.y - b.y) < LABEL_HIGH;
    for (let i = 0; i < labels.length; i++) {
      const other = labels.findIndex((label, j) => j < i && touch(label, labels[i]));
      if (other < 0) continue;
      const merged = place([...labels[other].group, ...labels[i].group].sort((a, b) => a - b));
      labels = [...labels.filter((label, j) => j !== i && j !== other), merged];
      i = -1; // which may touch others now
    }
    context.fillStyle = colours.ink;
    for (const label of labels) context.fillText(label.words, label.x, label.y);
  }

  drawArrow(x, y, length, angle) {
    const { context } = this.surface;
    const tipX = x + length * Math.cos(angle);
    const tipY = y - length * Math.sin(angle);
    context.strokeStyle = colours.coherence;
    context.fillStyle = colours.coherence;
    context.lineWidth = 4;
    context.lineCap = 'round';
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(tipX, tipY);
    context.stroke();
    context.beginPath();
    for (const turn of [0, 2.55, -2.55]) context.lineTo(tipX + 12 * Math.cos(angle + turn), tipY - 12 * Math.sin(angle + turn));
    context.fill();
  }

  draw(now) {
    const { context, width, height } = this.surface;
    const radius = Math.max(10, Math.min(width, height) / 2 - LABEL_OUT - 8);
    const [x, y] = [width / 2, height / 2];
    const lead = strongest();
    const offset = this.relative && lead >= 0 ? model.phase[lead] : 0;
    this.drawn = model.generation;
    this.drawnAt = now;
    this.surface.clear();
    context.font = '600 12px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    this.drawScale(x, y, radius);
    for (let i = 0; i < model.channels; i++) {
      if (model.on[i]) this.drawChannel(i, x, y, radius, offset);
    }
    if (model.channels <= LABELLED) this.drawLabels(x, y, radius, offset);
    if (measured('coherence')) this.drawArrow(x, y, radius * model.coherence, direction(offset));
    text($('order'), measured('coherence') ? model.coherence.toFixed(2) : '–');
  }
}
