// SPDX-License-Identifier: GPL-3.0-or-later
// A row per channel. Words and clip lights are elements; meters and dials are drawn on one canvas that lies over the rows.
import { FLOOR_DB, Hold, share } from './meter.js';
import { CHANNELS_MAX, model } from './model.js';
import { $, attribute, decibels, element, minus, noteName, Surface, text } from './page.js';
import { clearClips, parts } from './parts.js';
import { server } from './server.js';
import { colours, themeChanged } from './view.js';

const TEXT_MS = 100;   // nobody reads faster
const MANY = 12;       // from here on the rows take the whole width
const LOWEST_DB = -99; // that is worth a number
const SCALE_Y = 9;     // of the scale's words, above the first row
const FONT = '10.5px system-ui, sans-serif';
const WIDE = 220;      // pixels: a meter that has room for all marks
const MARKS = { wide: [-60, -40, -30, -20, -12, -6, -3, 0], narrow: [-60, -20, -10, 0] }; // dB
// Up to where which colour goes: R 128's most true peak is −1 dB, and from −9 dB on programme is loud.
const ZONES = [{ db: -9, colour: 'ici' }, { db: -1, colour: 'criticality' }, { db: 0, colour: 'bad' }];

const named = (db) => (db > LOWEST_DB ? minus(db, 1) : '–');
const hertz = (hz) => (hz < 10000 ? `${hz.toFixed(1)} Hz` : `${(hz / 1000).toFixed(2)} kHz`);
const nameOf = (i) => server.analyser?.channel_names?.[i] || '';

function newRow(i) {
  const row = element('li', 'channel');
  const cell = (name, className, content) => row.appendChild(element(name, className, content));
  const light = element('button', 'clip', 'clip');
  const entry = {
    row, light,
    number: cell('b', 'number', String(i + 1)), name: cell('span', 'name'), note: cell('span', 'note'), hz: cell('span', 'hz'),
    meter: cell('i', 'meter'), db: cell('span', 'db'), rms: cell('span', 'rms'),
  };
  row.append(light);
  entry.dial = cell('i', 'dial');
  light.type = 'button';
  light.addEventListener('click', () => clearClips(i, 1));
  return entry;
}

export const channelKeys = { x: () => clearClips(), X: () => clearClips() };

export class Channels {
  constructor() {
    this.rows = [];
    this.cells = []; // where each row's meter and dial are
    this.hold = new Hold(CHANNELS_MAX); // of the partials, where there are no levels
    this.drawn = -1;
    this.writtenAt = 0;
    this.lit = -1;
    this.levels = null; // whether they are shown; not known yet
    this.surface = new Surface($('meters'), () => this.measure());
    themeChanged.push(() => this.measure());
  }

  due() {
    return this.drawn !== model.generation || this.lit !== parts.litGeneration;
  }

  measure() {
    this.cells = this.rows.map(({ meter, dial }) => ({
      x: meter.offsetLeft, y: meter.offsetTop, width: meter.offsetWidth, height: meter.offsetHeight,
      dialX: dial.offsetLeft + dial.offsetWidth / 2, dialY: dial.offsetTop + dial.offsetHeight / 2,
      radius: Math.max(0, dial.offsetHeight / 2 - 1),
    }));
    this.marks = MARKS[this.cells[0]?.width >= WIDE ? 'wide' : 'narrow'].map((db) => ({ db, at: share(db) }));
    this.surface.clear();
    this.drawScale();
    this.drawn = -1;
  }

  resize() {
    const list = $('channels');
    while (this.rows.length < model.channels) {
      const entry = newRow(this.rows.length);
      this.rows.push(entry);
      list.append(entry.row);
    }
    while (this.rows.length > model.channels) this.rows.pop().row.remove();
    $('channels-panel').classList.toggle('many', model.channels >= MANY);
    $('no-channels').hidden = model.channels > 0;
    this.lit = -1;
    this.measure();
  }

  // With the levels, or without them.
  show() {
    this.levels = parts.levels;
    this.hold.forget();
    $('channels-panel').classList.toggle('levels', this.levels);
    text($('channels-what'), this.levels ? 'true peak, held, and RMS in dBFS; strongest partial' : 'strongest partial of each input; −60 to 0 dBFS');
    this.lit = -1;
    this.measure();
  }

  write(now) {
    for (let i = 0; i < this.rows.length; i++) {
      const { row, name, db, rms, note, hz } = this.rows[i];
      const on = model.on[i] === 1;
      row.classList.toggle('silent', !on);
      text(name, nameOf(i) || `in ${i + 1}`);
      attribute(name, 'title', nameOf(i));
      row.classList.toggle('unfed', !nameOf(i));
      if (this.levels) {
        text(db, named(parts.held.read(i, now)));
        text(rms, named(decibels(Math.sqrt(parts.power[i]))));
      } else {
        text(db, on ? minus(decibels(model.amplitude[i]), 1) : '–');
      }
      text(note, on ? noteName(model.frequency[i]) : 'silent');
      text(hz, on ? hertz(model.frequency[i]) : '');
    }
  }

  writeLights() {
    this.lit = parts.litGeneration;
    this.rows.forEach(({ light }, i) => {
      const lit = parts.lit[i] === 1;
      light.classList.toggle('lit', lit);
      light.tabIndex = lit || light === document.activeElement ? 0 : -1; // those that there is something to do with
      attribute(light, 'aria-label', `clip light of channel ${i + 1}, ${lit ? 'on: put it out' : 'off'}`);
    });
  }

  // Above each column's first row.
  drawScale() {
    const { context } = this.surface;
    context.font = FONT;
    context.textBaseline = 'middle';
    context.fillStyle = colours.soft;
    for (const cell of this.cells) {
      if (cell.y !== this.cells[0].y || cell.y < 2 * SCALE_Y) continue;
      for (const { db, at } of this.marks) {
        context.textAlign = at === 0 ? 'left' : at === 1 ? 'right' : 'center';
        context.fillText(minus(db, 0), cell.x + cell.width * at, SCALE_Y);
      }
    }
  }

  drawBar(cell, db, alpha) {
    const { context } = this.surface;
    const end = share(db);
    context.globalAlpha = alpha;
    let from = 0;
    for (const zone of ZONES) {
      const to = Math.min(end, share(zone.db));
      if (to <= from) break;
      context.fillStyle = colours[zone.colour];
      context.fillRect(cell.x + cell.width * from, cell.y, cell.width * (to - from), cell.height);
      from = to;
    }
    context.globalAlpha = 1;
  }

  drawMeter(cell, i, now) {
    const { context } = this.surface;
    const partial = model.on[i] ? decibels(model.amplitude[i]) : -Infinity;
    const peak = this.levels ? decibels(parts.peak[i]) : partial;
    if (!this.levels) this.hold.take(i, partial, now);
    const held = (this.levels ? parts.held : this.hold).read(i, now);
    context.clearRect(cell.x - 1, cell.y - 1, cell.width + 2, cell.height + 2);
    context.fillStyle = colours.line;
    context.fillRect(cell.x, cell.y, cell.width, cell.height);
    this.drawBar(cell, peak, 0.42);
    this.drawBar(cell, this.levels ? decibels(Math.sqrt(parts.power[i])) : partial, 1);
    context.fillStyle = colours.card;
    for (const { at } of this.marks) if (at > 0 && at < 1) context.fillRect(cell.x + cell.width * at, cell.y, 1, cell.height);
    if (held > FLOOR_DB) {
      context.fillStyle = colours.ink;
      context.fillRect(cell.x + (cell.width - 2) * share(held), cell.y, 2, cell.height);
    }
  }

  drawDial(cell, i) {
    const { context } = this.surface;
    context.clearRect(cell.dialX - cell.radius - 2, cell.dialY - cell.radius - 2, 2 * cell.radius + 4, 2 * cell.radius + 4);
    context.strokeStyle = colours.line;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(cell.dialX, cell.dialY, cell.radius, 0, 2 * Math.PI);
    context.stroke();
    if (!model.on[i]) return;
    context.strokeStyle = colours.coherence;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(cell.dialX, cell.dialY);
    context.lineTo(cell.dialX + cell.radius * Math.cos(model.phase[i]), cell.dialY - cell.radius * Math.sin(model.phase[i]));
    context.stroke();
  }

  draw(now) {
    if (this.rows.length !== model.channels) this.resize();
    if (this.levels !== parts.levels) this.show();
    this.drawn = model.generation;
    this.cells.forEach((cell, i) => {
      this.drawMeter(cell, i, now);
      this.drawDial(cell, i);
    });
    if (this.lit !== parts.litGeneration) this.writeLights();
    if (now - this.writtenAt > TEXT_MS) {
      this.writtenAt = now;
      this.write(now);
    }
  }
}
