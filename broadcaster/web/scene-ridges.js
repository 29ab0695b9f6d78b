// SPDX-License-Identifier: GPL-3.0-or-later
// The bands as a range of hills, bass in the middle, treble on both sides: the line in front is now, those behind it are what was, going away.
import { share } from './model.js';
import { decibels } from './page.js';
import { BANDS_MAX } from './parts.js';

const ROWS = 36;
const ROWS_A_SECOND = 7;
const LOWEST_DB = -66; // of a band that is seen

const now = new Float32Array(BANDS_MAX);  // 0 … 1, follows the bands
const rows = Array.from({ length: ROWS }, () => new Float32Array(BANDS_MAX)); // newest first
let since = 0; // the newest of them was now; in rows

function follow({ parts, seconds, calm }) {
  const quick = share(seconds, calm ? 0.6 : 0.09);
  for (let b = 0; b < parts.bands; b++) {
    const height = Math.max(0, 1 - decibels(parts.band[b]) / LOWEST_DB) ** 1.6;
    now[b] += (height - now[b]) * quick;
  }
  since += seconds * ROWS_A_SECOND * (calm ? 0.25 : 1);
  for (; since >= 1; since--) {
    const row = rows.pop();
    row.set(now);
    rows.unshift(row);
  }
}

// A row as a smooth line through the middles between the bands.
function trace(context, row, bands, { left, right, y, rise }) {
  const steps = 2 * bands + 3; // with a flat one at each end
  const step = (right - left) / steps;
  const height = (i) => (Math.abs(i - bands - 1) < bands ? row[Math.abs(i - bands - 1)] : 0);
  context.beginPath();
  context.moveTo(left, y);
  for (let i = 0; i < steps; i++) {
    const x = left + (i + 0.5) * step;
    context.quadraticCurveTo(x, y - height(i) * rise, x + step / 2, y - (height(i) + height(i + 1)) * rise / 2);
  }
}

// depth: 0 in front … 1 where rows vanish
function drawRow(context, row, depth, { parts, width, height, gain, colour }) {
  const near = 1 - depth;
  const reach = width * (0.38 + 0.27 * near ** 1.3);
  const y = height * (0.34 + 0.54 * near ** 1.6);
  const rise = height * (0.16 + 0.34 * near) * (0.4 + 0.6 * gain);
  trace(context, row, parts.bands, { left: width / 2 - reach, right: width / 2 + reach, y, rise });
  context.globalCompositeOperation = 'destination-out'; // it hides what lies behind it
  context.globalAlpha = 1;
  context.fill();
  context.globalCompositeOperation = 'source-over';
  const slope = context.createLinearGradient(0, y, 0, y - rise);
  slope.addColorStop(0, colour(0.3 + 0.1 * near));
  slope.addColorStop(0.3, colour(0.55));
  slope.addColorStop(0.8, colour(0.9));
  context.strokeStyle = slope;
  context.globalAlpha = near ** 1.5;
  context.lineWidth = Math.max(0.7, height * 0.0034 * near);
  context.stroke();
}

export default {
  parts: ['bands'],
  draw(context, view) {
    follow(view);
    context.lineJoin = 'round';
    for (let i = ROWS - 1; i >= 0; i--) drawRow(context, rows[i], (i + since) / ROWS, view);
    drawRow(context, now, 0, view);
  },
};
