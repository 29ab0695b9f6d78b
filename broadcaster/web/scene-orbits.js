// SPDX-License-Identifier: GPL-3.0-or-later
// Phases as bodies about a centre. Those whose phase keeps to the strongest channel's go round together, at the angle that lies
// between them, and are tied to it; the others go their own way, the higher the faster. Low ones are far out.
import { CHANNELS_MAX, share } from './model.js';
import { decibels } from './page.js';

const TURN = 2 * Math.PI;
const SETTLE_S = 0.7;     // phases are followed so slowly
const TRAIL = 1.05;       // rad
const GOLDEN = TURN * 0.381966;

const level = new Float64Array(CHANNELS_MAX);  // 0 … 1
const cos = new Float64Array(CHANNELS_MAX);    // of the phase against the strongest's; as long as it is steady
const sin = new Float64Array(CHANNELS_MAX);
const angle = Float64Array.from({ length: CHANNELS_MAX }, (_, i) => i * GOLDEN); // where it is
const high = new Float64Array(CHANNELS_MAX);   // 0 … 1, follows the pitch
let all = 0;              // the angle of all together
let coherence = 0;

const steadiness = (i) => Math.min(1, Math.hypot(cos[i], sin[i]) ** 2);

// 0 … 1, from 50 Hz to 6.4 kHz
const pitch = (hz) => Math.log2(Math.max(50, Math.min(6400, hz || 50)) / 50) / 7;

function strongest(model) {
  let lead = 0;
  for (let i = 1; i < model.channels; i++) if (model.amplitude[i] > model.amplitude[lead]) lead = i;
  return lead;
}

function follow({ model, parts, seconds, calm }, lead) {
  const speed = calm ? 0.25 : 1;
  const quick = share(seconds, 0.12);
  const slow = 1 - Math.exp(-seconds / SETTLE_S);
  all = (all + seconds * speed * TURN * 0.03 * (0.6 + model.ici)) % TURN;
  coherence += (model.coherence - coherence) * share(seconds, 0.3);
  for (let i = 0; i < model.channels; i++) {
    const amplitude = parts.levels ? Math.SQRT2 * Math.sqrt(parts.power[i]) : model.amplitude[i];
    level[i] += ((model.on[i] ? Math.max(0, 1 + decibels(amplitude) / 60) : 0) - level[i]) * quick;
    cos[i] += (Math.cos(model.phase[i] - model.phase[lead]) - cos[i]) * slow;
    sin[i] += (Math.sin(model.phase[i] - model.phase[lead]) - sin[i]) * slow;
    high[i] += (pitch(model.frequency[i]) - high[i]) * (1 - Math.exp(-seconds / 1.2));
    const off = Math.atan2(sin[i], cos[i]) + all - angle[i];
    const nearest = off - TURN * Math.round(off / TURN);
    angle[i] += seconds * speed * ((1 - steadiness(i)) * TURN * (0.02 + 0.07 * high[i]) + nearest * steadiness(i) ** 2 * 1.5);
  }
}

// An orbit's half axes; equal pitches do not hide each other.
function axes(i, { model, width, height, gain }) {
  const out = 0.6 * (1 - high[i]) + 0.4 * (i + 0.5) / model.channels;
  const radius = (0.12 + 0.34 * out) * (0.8 + 0.2 * gain);
  return [radius * Math.min(width, 1.7 * height), radius * Math.min(0.92 * height, 1.2 * width)];
}

function place(i, view) {
  const [a, b] = axes(i, view);
  return { x: view.width / 2 + a * Math.cos(angle[i]), y: view.height / 2 + b * Math.sin(angle[i]) };
}

const tone = (i) => 0.5 + 0.5 * high[i];

// A thin line all round, and where the body has just been a brighter one.
function drawOrbit(context, i, view) {
  const [a, b] = axes(i, view);
  const arc = (from, to) => {
    context.beginPath();
    context.ellipse(view.width / 2, view.height / 2, a, b, 0, from, to);
    context.stroke();
  };
  context.strokeStyle = view.colour(tone(i));
  context.lineWidth = view.height * 0.0012;
  context.globalAlpha = 0.06 + 0.14 * level[i];
  arc(0, TURN);
  const pieces = view.model.channels > 16 ? 5 : 14;
  for (let piece = pieces; piece > 0; piece--) {
    const fresh = 1 - (piece - 1) / pieces;
    context.lineWidth = view.height * (0.001 + 0.006 * level[i] * fresh);
    context.globalAlpha = 0.8 * level[i] * fresh ** 1.5;
    arc(angle[i] - piece / pieces * TRAIL, angle[i] - (piece - 1) / pieces * TRAIL);
  }
}

// To the strongest, through near the centre; as bright as the two keep together.
function drawTie(context, i, lead, view) {
  const [from, to] = [place(i, view), place(lead, view)];
  context.strokeStyle = view.colour(0.7);
  context.lineWidth = view.height * 0.0018;
  context.globalAlpha = 0.6 * steadiness(i) ** 3 * Math.min(level[i], level[lead]);
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.quadraticCurveTo(view.width / 2, view.height / 2, to.x, to.y);
  context.stroke();
}

// A body, and the light around it.
function dot(context, { x, y }, radius, colour, alpha) {
  const glow = context.createRadialGradient(x, y, radius * 0.5, x, y, radius * 3.5);
  glow.addColorStop(0, colour);
  glow.addColorStop(1, 'rgb(0 0 0 / 0)');
  for (const [reach, style, strength] of [[radius * 3.5, glow, 0.35 * alpha], [radius, colour, alpha]]) {
    context.fillStyle = style;
    context.globalAlpha = strength;
    context.beginPath();
    context.arc(x, y, reach, 0, TURN);
    context.fill();
  }
}

export default {
  parts: [],
  draw(context, view) {
    const { model, width, height, colour, gain } = view;
    const lead = strongest(model);
    const size = height * (model.channels > 16 ? 0.009 : 0.017);
    follow(view, lead);
    for (let i = 0; i < model.channels; i++) drawOrbit(context, i, view);
    for (let i = 0; i < model.channels; i++) if (i !== lead && model.on[i]) drawTie(context, i, lead, view);
    for (let i = 0; i < model.channels; i++) dot(context, place(i, view), size * (0.3 + level[i]), colour(tone(i)), 0.25 + 0.75 * level[i]);
    dot(context, { x: width / 2, y: height / 2 }, height * (0.008 + 0.026 * coherence) * gain, colour(0.85), 0.3 + 0.6 * coherence);
  },
};
