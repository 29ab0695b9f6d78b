// SPDX-License-Identifier: GPL-3.0-or-later
// Onsets as drops on a pond: each falls where the channel is whose level rose most, and leaves rings, broad ones if it was low.
import { CHANNELS_MAX, share } from './model.js';
import { decibels } from './page.js';
import { BANDS_MAX } from './parts.js';

const LIFE_S = 4.5;
const CRESTS = 4;      // of a drop
const TILT = 0.5;      // how flat the pond is seen
const TURN = 2 * Math.PI;
const GOLDEN = TURN * 0.381966; // between one channel and the next: they never stand in rows

const level = new Float64Array(CHANNELS_MAX); // 0 … 1, follows the channel's
const usual = new Float64Array(CHANNELS_MAX); // follows that, slowly
const drops = [];      // {at: s, x, y, strength, low}
let counted = -1;      // onsets so far

function follow({ model, parts, seconds }) {
  const quick = share(seconds, 0.12);
  const slow = 1 - Math.exp(-seconds / 1.5);
  for (let i = 0; i < model.channels; i++) {
    const amplitude = parts.levels ? Math.SQRT2 * Math.sqrt(parts.power[i]) : model.amplitude[i];
    level[i] += ((model.on[i] ? Math.max(0, 1 + decibels(amplitude) / 60) : 0) - level[i]) * quick;
    usual[i] += (level[i] - usual[i]) * slow;
  }
}

// As seeds stand in a sunflower.
function place(i, { model, width, height }) {
  const out = model.channels > 1 ? Math.sqrt((i + 0.5) / model.channels) : 0;
  return { x: width * (0.5 + 0.4 * out * Math.cos(i * GOLDEN)), y: height * (0.5 + 0.37 * out * Math.sin(i * GOLDEN)) };
}

function takeDrop({ model, parts, t }) {
  const { flash } = parts; // which counts three a second at most, and none where less motion is asked for
  if (counted >= 0 && flash.count !== counted) {
    let channel = 0;
    for (let i = 1; i < model.channels; i++) if (level[i] - usual[i] > level[channel] - usual[channel]) channel = i;
    const low = flash.band < 0 ? 0.5 : 1 - flash.band / Math.max(1, (parts.bands || BANDS_MAX) - 1);
    drops.push({ at: t, channel, strength: flash.strength, low });
  }
  counted = flash.count;
  while (drops.length && t - drops[0].at > LIFE_S) drops.shift();
}

function oval(context, x, y, radius) {
  context.beginPath();
  context.ellipse(x, y, radius, radius * TILT, 0, 0, TURN);
}

function drawDrop(context, drop, view) {
  const age = (view.t - drop.at) / LIFE_S;
  const { x, y } = place(drop.channel, view);
  const front = view.width * (0.02 + 0.42 * age ** 0.8);
  for (let crest = 0; crest < CRESTS; crest++) {
    const radius = front - crest * view.height * (0.018 + 0.034 * drop.low);
    if (radius <= 0) break;
    context.globalAlpha = (0.5 + 0.5 * drop.strength) * (1 - age) ** 1.7 * 0.75 ** crest;
    context.strokeStyle = view.colour(0.92 - 0.34 * drop.low - 0.06 * crest);
    context.lineWidth = view.height * (0.0028 + 0.008 * drop.low) * (1 - 0.5 * age);
    oval(context, x, y, radius);
    context.stroke();
  }
}

// A channel as a stone, with light around it and rings that stand while it sounds.
function drawStone(context, i, view) {
  const { x, y } = place(i, view);
  const size = view.height * (0.4 + 0.6 * view.gain) * (view.model.channels > 16 ? 0.5 : 1);
  const reach = size * (0.05 + 0.16 * level[i]);
  const glow = context.createRadialGradient(x, y / TILT, 0, x, y / TILT, reach);
  glow.addColorStop(0, view.colour(0.5));
  glow.addColorStop(1, view.colour(0));
  context.save();
  context.scale(1, TILT);
  context.globalAlpha = 0.5 * level[i];
  context.fillStyle = glow;
  context.beginPath();
  context.arc(x, y / TILT, reach, 0, TURN);
  context.fill();
  context.restore();
  context.fillStyle = view.colour(0.4 + 0.5 * level[i]);
  context.globalAlpha = 0.2 + 0.8 * level[i];
  oval(context, x, y, size * (0.004 + 0.018 * level[i]));
  context.fill();
  context.strokeStyle = view.colour(0.6);
  context.lineWidth = view.height * 0.0015;
  for (let ring = 1; ring <= 4; ring++) {
    context.globalAlpha = 0.45 * level[i] * (1 - ring / 5);
    oval(context, x, y, size * (0.012 + 0.02 * level[i] + ring * 0.034 * level[i]));
    context.stroke();
  }
}

export default {
  parts: ['onsets'],
  draw(context, view) {
    follow(view);
    takeDrop(view);
    for (let i = 0; i < view.model.channels; i++) drawStone(context, i, view);
    for (const drop of drops) drawDrop(context, drop, view);
  },
};
