// SPDX-License-Identifier: GPL-3.0-or-later
// The bands of the mix as bars with held peaks; the one that an onset raised most lights up.
import { model } from './model.js';
import { $, decibels, minus, reducedMotion, Surface, text } from './page.js';
import { onsetCount, parts } from './parts.js';
import { server } from './server.js';
import { colours, themeChanged } from './view.js';

const LOW_HZ = 40;       // the bands' ends (docs/metrics.md)
const HIGH_HZ = 16000;
const HIGH_SHARE = 0.45; // of the sample rate
const USUAL_RATE = 48000;
const FLOOR_DB = -72;
const LINES_DB = [0, -12, -24, -36, -48, -60];
const CALM_MS = 500;     // between pictures when less motion is asked for
const LEFT = 30;         // of the bars: the scale
const LINE_Y = 16;       // pixels that a line of words takes
const TOP = 8;
const BOTTOM = 20;       // of the canvas, for the bands' names
const FONT = '11px system-ui, sans-serif';

function edge(band, count, rate) {
  const high = Math.min(HIGH_HZ, HIGH_SHARE * rate);
  return LOW_HZ * (high / LOW_HZ) ** (band / count);
}

// "58", "1.2k": the middle of a band, to two digits.
function bandName(band, count, rate) {
  const hz = Number(Math.sqrt(edge(band, count, rate) * edge(band + 1, count, rate)).toPrecision(2));
  return hz >= 1000 ? `${hz / 1000}k` : String(hz);
}

const hertz = (name) => `${name} Hz`.replace('k ', ' k');
const share = (db) => Math.max(0, Math.min(1, 1 - db / FLOOR_DB));

export class Bands {
  constructor() {
    this.surface = new Surface($('bands'), () => { this.drawn = -1; });
    this.drawn = -1;
    this.drawnAt = -Infinity;
    this.light = 0;
    themeChanged.push(() => { this.drawn = -1; });
  }

  due(now) {
    if (reducedMotion.matches && now - this.drawnAt < CALM_MS) return false;
    return this.drawn !== model.generation || this.light > 0;
  }

  // What is said beside the picture.
  write(now, rate) {
    let most = 0;
    for (let b = 1; b < parts.bands; b++) if (parts.heldBand.read(b, now) > parts.heldBand.read(most, now)) most = b;
    const db = parts.heldBand.read(most, now);
    text($('loudest'), parts.bands > 0 && db > FLOOR_DB ? `${hertz(bandName(most, parts.bands, rate))} ${minus(db, 1)} dB` : '–');
    text($('onsets'), parts.onsets && model.frame >= 0 ? String(onsetCount(now)) : '–');
  }

  drawScale(height) {
    const { context, width } = this.surface;
    context.textAlign = 'right';
    for (const db of LINES_DB) {
      if (height < LINES_DB.length * LINE_Y && db % 24) continue;
      const y = Math.round(TOP + height * (1 - share(db)));
      context.fillStyle = colours.line;
      context.fillRect(LEFT, y, width - LEFT, 1);
      context.fillStyle = colours.soft;
      context.fillText(minus(db, 0), LEFT - 6, y);
    }
  }

  drawBars(height, step, now) {
    const { context } = this.surface;
    const wide = Math.max(1, step - Math.max(1, Math.min(6, step * 0.18)));
    for (let b = 0; b < parts.bands; b++) {
      const x = LEFT + step * b + (step - wide) / 2;
      const db = decibels(parts.band[b]);
      const bar = height * share(db);
      const held = height * share(parts.heldBand.read(b, now));
      context.fillStyle = colours.centroid;
      context.fillRect(x, TOP + height - bar, wide, bar);
      if (b === parts.flash.band && this.light > 0) {
        context.globalAlpha = 0.8 * this.light;
        context.fillStyle = colours.ink;
        context.fillRect(x, TOP + height - bar, wide, bar);
        context.globalAlpha = 1;
      }
      if (held <= 0) continue;
      context.fillStyle = colours.ink;
      context.fillRect(x, TOP + height - held, wide, 2);
    }
  }

  // As many names as fit, from the first one on.
  drawNames(step, rate) {
    const { context, height } = this.surface;
    const every = Math.max(1, Math.ceil(27 / step));
    context.textAlign = 'center';
    for (let b = Math.floor((every - 1) / 2); b < parts.bands; b += every) {
      context.fillStyle = b === parts.flash.band && this.light > 0.2 ? colours.ink : colours.soft;
      context.fillText(bandName(b, parts.bands, rate), LEFT + step * (b + 0.5), height - BOTTOM / 2 + 2);
    }
  }

  draw(now) {
    const { context, width, height } = this.surface;
    const rate = server.analyser?.sample_rate || USUAL_RATE;
    if ($('bands-panel').hidden !== parts.noBands) $('bands-panel').hidden = parts.noBands;
    this.drawn = model.generation;
    this.drawnAt = now;
    this.light = parts.flash.light(now);
    if (parts.noBands || width < LEFT) return;
    this.write(now, rate);
    $('onset-light').style.opacity = this.light.toFixed(2);
    this.surface.clear();
    context.font = FONT;
    context.textBaseline = 'middle';
    this.drawScale(height - TOP - BOTTOM);
    if (parts.bands === 0) return;
    const step = (width - LEFT) / parts.bands;
    this.drawBars(height - TOP - BOTTOM, step, now);
    this.drawNames(step, rate);
  }
}
