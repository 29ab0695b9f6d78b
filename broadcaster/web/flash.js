// SPDX-License-Identifier: GPL-3.0-or-later
// A flash for onsets that nobody's eyes suffer from: however fast they come, it lights up three times a second at most
// (WCAG 2.3.1), and where less motion is asked for, never.
import { reducedMotion } from './page.js';

const GAP_MS = 350;  // from one to the next: no second has four
const FALL_MS = 160;
const DARK = 0.01;

export class Flash {
  constructor() {
    this.strength = 0;
    this.band = -1;      // the one that rose most; −1: nobody has said
    this.at = -Infinity; // ms: when it came
    this.shown = -Infinity; // when that was first seen: a busy machine's pictures come late
    this.count = 0;      // that have lit up
  }

  hit(strength, band, now) {
    if (reducedMotion.matches) return;
    if (now - Math.max(this.at, this.shown) < GAP_MS) { // the same one, said by the other stream, or one too many
      if (this.band < 0) this.band = band;
      return;
    }
    Object.assign(this, { strength, band, at: now });
    this.count++;
  }

  // 0 … 1, for a picture
  light(now) {
    if (this.shown < this.at) this.shown = Math.max(now, this.at);
    const light = this.strength * Math.exp((this.shown - Math.max(now, this.shown)) / FALL_MS);
    return light > DARK ? light : 0;
  }
}
