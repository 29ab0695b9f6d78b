// SPDX-License-Identifier: GPL-3.0-or-later
// All channels' phases on one circle, and the arrow of the order parameter.
import { model } from './model.js';
import { $, attribute, reducedMotion, Surface, text } from './page.js';
import { colours, themeChanged } from './view.js';

const CALM_MS = 500; // between pictures when less motion is asked for
const TURN = 2 * Math.PI;

function strongest() {
  let best = -1;
  for (let i = 0; i < model.channels; i++) {
    if (model.on[i] && (best < 0 || model.amplitude[i] > model.amplitude[best])) best = i;
  }
  return best;
}

// The direction of the channels' sum.
function direction(offset) {
  let x = 0;
  let y = 0;
  for (let i = 0; i < model.channels; i++) {
    if (!model.on[i]) continue;
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
    const many = model.channels > 16;
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
    if (many) return;
    context.fillStyle = colours.ink;
    context.fillText(String(i + 1), x + (radius + 19) * Math.cos(angle), y - (radius + 19) * Math.sin(angle));
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
    const radius = Math.max(10, Math.min(width, height) / 2 - 28);
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
    if (model.active > 0) this.drawArrow(x, y, radius * model.coherence, direction(offset));
    text($('order'), model.coherence.toFixed(2));
  }
}
