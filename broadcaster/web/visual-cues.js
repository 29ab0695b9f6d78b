// SPDX-License-Identifier: GPL-3.0-or-later
// Events as rings that run outwards, and as words; onsets as thin ones around the pulse.
import { model } from './model.js';
import { reducedMotion } from './page.js';
import { BANDS_MAX, parts } from './parts.js';

const LIFE_MS = { state_change: 2600, critical_event: 3200, phi_adaptation: 1400 };
const CUES_MAX = 5; // at once
const ONSET_MS = 520;
const ONSETS_MAX = 2;
const TURN = 2 * Math.PI;

function caption(e) {
  if (e.type === 'state_change') return e.to_state;
  return e.type === 'critical_event' ? `critical ${(e.duration_ms / 1000).toFixed(1)} s` : '';
}

export class Cues {
  constructor() {
    this.seen = 0;
    this.running = [];
    this.onsets = [];
    this.lit = parts.flash.count;
  }

  // Those that have come since the last frame; a replay's old ones are none.
  take(now) {
    const fresh = Math.min(model.eventsSeen - this.seen, model.events.length);
    for (const e of model.events.slice(model.events.length - fresh)) {
      if (Date.now() / 1000 - e.timestamp < 10) this.running.push({ e, at: now, life: LIFE_MS[e.type] });
    }
    this.seen = model.eventsSeen;
    if (this.lit !== parts.flash.count) { // which it counts three times a second at most
      this.lit = parts.flash.count;
      this.onsets.push({ at: now, strength: parts.flash.strength });
    }
    this.onsets = this.onsets.filter((onset) => now - onset.at < ONSET_MS).slice(-ONSETS_MAX);
    this.running = this.running.filter((cue) => now - cue.at < cue.life).slice(-CUES_MAX);
  }

  ring(context, cue, age, { width, height, colour }) {
    const reach = Math.hypot(width, height) / 2;
    const radius = reducedMotion.matches ? height * 0.4 : reach * (1 - (1 - age) ** 2);
    const small = cue.e.type === 'phi_adaptation';
    context.strokeStyle = colour(1);
    context.globalAlpha = (1 - age) * (small ? 0.5 : 0.6);
    context.lineWidth = height * (small ? 0.004 : 0.007);
    context.setLineDash(small ? [height * 0.006, height * 0.02] : []);
    context.beginPath();
    context.arc(width / 2, height / 2, small ? radius * 0.35 : radius, 0, TURN);
    if (cue.e.type === 'critical_event') {
      context.moveTo(width / 2 + radius * 0.9, height / 2);
      context.arc(width / 2, height / 2, radius * 0.9, 0, TURN);
    }
    context.stroke();
  }

  // The lower the band that rose most, the wider and broader.
  onset(context, { at, strength }, now, { width, height, colour }) {
    const age = (now - at) / ONSET_MS;
    const { band } = parts.flash;
    const low = band < 0 ? 0.5 : 1 - band / Math.max(1, (parts.bands || BANDS_MAX) - 1);
    context.strokeStyle = colour(1);
    context.globalAlpha = strength * 0.8 * (1 - age) ** 2;
    context.lineWidth = height * (0.003 + 0.009 * low) * (1 - 0.6 * age);
    context.setLineDash([]);
    context.beginPath();
    context.arc(width / 2, height / 2, height * (0.2 + (0.08 + 0.14 * low) * (1 - (1 - age) ** 2)), 0, TURN);
    context.stroke();
  }

  // All rings, and the words of the newest. onsets: whether those, too.
  draw(context, view, now, { captions, onsets }) {
    if (onsets) for (const onset of this.onsets) this.onset(context, onset, now, view);
    for (const cue of this.running) this.ring(context, cue, (now - cue.at) / cue.life, view);
    const last = this.running.findLast((cue) => caption(cue.e));
    if (captions && last) {
      context.globalAlpha = Math.min(1, 2 * (1 - (now - last.at) / last.life));
      context.fillStyle = view.colour(1);
      context.font = `300 ${view.height * 0.1}px system-ui, sans-serif`;
      context.fillText(caption(last.e), view.width / 2, view.height / 2);
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }
}
