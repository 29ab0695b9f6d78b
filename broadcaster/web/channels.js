// SPDX-License-Identifier: GPL-3.0-or-later
// A row per channel; of many channels a meter bridge, upright and close together, with a line that tells all of one of them.
// Words and clip lights are elements; meters and dials are drawn on one canvas that lies over them.
import { FLOOR_DB, Hold, share } from './meter.js';
import { CHANNELS_MAX, model } from './model.js';
import { $, attribute, decibels, element, minus, noteName, Surface, text } from './page.js';
import { clearClips, parts } from './parts.js';
import { server } from './server.js';
import { colours, themeChanged } from './view.js';
import { languageChanged, t } from './words.js';

const TEXT_MS = 100;   // nobody reads faster
const MANY = 9;        // from here on it is a bridge
const STRIP = 20;      // pixels: the least that one of its meters takes
const LOWEST_DB = -99; // that is worth a number
const SCALE_Y = 9;     // of the scale's words, above the first row
const SCALE_X = 23;    // of a bridge's, to their right end
const FONT = '10.5px system-ui, sans-serif';
const MARKS = [0, -60, -20, -10, -40, -6, -30, -3]; // dB; the first ones go first where room is short
const MARK_GAP = 6;    // pixels between their words
// Up to where which colour goes: R 128's most true peak is −1 dB, and from −9 dB on programme is loud.
const ZONES = [{ db: -9, colour: 'ici' }, { db: -1, colour: 'criticality' }, { db: 0, colour: 'bad' }];

const named = (db) => (db > LOWEST_DB ? minus(db, 1) : '–');
const degrees = (phase) => `${Math.round(phase * 180 / Math.PI)}°`.replace('-', '−');
const hertz = (hz) => (hz < 10000 ? `${hz.toFixed(1)} Hz` : `${(hz / 1000).toFixed(2)} kHz`);
const nameOf = (i) => server.analyser?.channel_names?.[i] || '';

function newRow(i) {
  const row = element('li', 'channel');
  const cell = (name, className, about, content = '') => {
    const node = row.appendChild(element(name, className, content));
    if (about) node.dataset.about = about;
    return node;
  };
  const entry = {
    row,
    number: cell('b', 'number', 'channel', String(i + 1)), name: cell('span', 'name', 'channel'), note: cell('span', 'note', 'note'),
    hz: cell('span', 'hz', 'frequency'), meter: cell('i', 'meter', 'held'), db: cell('span', 'db', 'held'), rms: cell('span', 'rms', 'rms'),
    light: cell('button', 'clip', 'clip'), dial: cell('i', 'dial', 'phase'),
  };
  entry.light.type = 'button';
  entry.light.addEventListener('click', () => clearClips(i, 1));
  return entry;
}

// The heading's words, which explain what each number is.
function heading(names) {
  const words = names.map((name) => {
    const word = element('span', '', t(`name_${name}`));
    word.dataset.about = name;
    word.tabIndex = 0;
    return word;
  });
  $('channels-what').replaceChildren(...words.flatMap((word, i) => (i > 0 ? [', ', word] : [word])), names.includes('rms') ? '; dBFS' : `; ${t('partial_only')}`);
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
    this.chosen = -1; // whom the bridge's line tells of; −1: of the loudest
    this.surface = new Surface($('meters'), () => this.arrange());
    themeChanged.push(() => this.measure());
    languageChanged.push(() => this.show());
    for (const kind of ['pointerover', 'focusin']) $('channels').addEventListener(kind, (event) => this.choose(event.target));
    for (const kind of ['pointerleave', 'focusout']) $('channels').addEventListener(kind, () => { this.chosen = -1; });
    $('channels').addEventListener('keydown', (event) => this.step(event));
  }

  due() {
    return this.drawn !== model.generation || this.lit !== parts.litGeneration;
  }

  choose(target) {
    const row = target.closest('.channel');
    if (this.many && row) this.chosen = this.rows.findIndex((entry) => entry.row === row);
  }

  // The arrow keys, on the bridge: it is one stop of the Tab key.
  step(event) {
    const from = this.rows.findIndex(({ row }) => row === event.target);
    const to = from + ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.across, ArrowDown: this.across }[event.key] ?? NaN);
    if (!this.many || from < 0 || !this.rows[to]) return;
    event.preventDefault();
    event.target.tabIndex = -1;
    this.rows[to].row.tabIndex = 0;
    this.rows[to].row.focus();
  }

  // A bridge has as many rows as it takes, each as long as the others.
  arrange() {
    const fit = Math.max(1, Math.floor((this.surface.width - SCALE_X - 3) / STRIP));
    this.across = Math.ceil(this.rows.length / Math.ceil(this.rows.length / fit));
    $('channels').style.setProperty('--across', this.across || 1);
    this.measure();
  }

  measure() {
    const box = (node) => ({ x: node.offsetLeft, y: node.offsetTop, width: node.offsetWidth, height: node.offsetHeight });
    this.cells = this.rows.map(({ meter, dial }) => ({
      ...box(meter), tall: this.many,
      dialX: dial.offsetLeft + dial.offsetWidth / 2, dialY: dial.offsetTop + dial.offsetHeight / 2,
      radius: Math.max(0, dial.offsetHeight / 2 - 1),
    }));
    this.surface.clear();
    this.surface.context.font = FONT;
    this.marks = this.cells.length > 0 ? this.fitMarks(this.cells[0]) : [];
    this.drawScale();
    this.drawn = -1;
  }

  // Those whose words do not touch.
  fitMarks({ width, height, tall }) {
    const { context } = this.surface;
    const placed = [];
    for (const db of MARKS) {
      const at = share(db);
      const long = tall ? 10 : context.measureText(minus(db, 0)).width;
      const from = tall ? at * height - long / 2 : Math.max(0, Math.min(width - long, at * width - long / 2));
      if (placed.every((other) => from > other.to + MARK_GAP || from + long + MARK_GAP < other.from)) placed.push({ db, at, from, to: from + long });
    }
    return placed;
  }

  resize() {
    const list = $('channels');
    while (this.rows.length < model.channels) {
      const entry = newRow(this.rows.length);
      this.rows.push(entry);
      list.append(entry.row);
    }
    while (this.rows.length > model.channels) this.rows.pop().row.remove();
    this.many = model.channels >= MANY;
    this.rows.forEach(({ row }, i) => {
      if (!this.many) row.removeAttribute('tabindex');
      else row.tabIndex = i === 0 ? 0 : -1;
    });
    $('channels-panel').classList.toggle('many', this.many);
    $('no-channels').hidden = model.channels > 0;
    $('readout').hidden = !this.many;
    this.lit = -1;
    this.arrange();
  }

  // With the levels, or without them.
  show() {
    this.levels = parts.levels;
    this.hold.forget();
    $('channels-panel').classList.toggle('levels', this.levels);
    heading(this.levels ? ['held', 'rms', 'note', 'phase', 'clip'] : ['level', 'note', 'phase']);
    for (const { meter, db } of this.rows) meter.dataset.about = db.dataset.about = this.levels ? 'held' : 'level';
    this.lit = -1;
    this.measure();
  }

  rmsOf(i) {
    return named(decibels(Math.sqrt(parts.power[i])));
  }

  // Once for the line and the number, so that they move together.
  heldOf(i, now) {
    return (this.levels ? parts.held : this.hold).read(i, now);
  }

  write() {
    for (let i = 0; i < this.rows.length; i++) {
      const { row, name, rms, note, hz } = this.rows[i];
      const on = model.on[i] === 1;
      row.classList.toggle('silent', !on);
      text(name, nameOf(i) || t('input', i + 1));
      row.classList.toggle('unfed', !nameOf(i));
      if (this.many) continue;
      attribute(name, 'title', nameOf(i));
      if (this.levels) text(rms, this.rmsOf(i));
      text(note, on ? noteName(model.frequency[i]) : t('silent'));
      text(hz, on ? hertz(model.frequency[i]) : '');
    }
  }

  // All that is known of one channel of the bridge.
  writeReadout(now) {
    let i = this.chosen;
    for (let other = 0; this.chosen < 0 && other < this.rows.length; other++) {
      if (i < 0 || this.heldOf(other, now) > this.heldOf(i, now)) i = other;
    }
    if (i < 0) return;
    const partial = model.on[i] ? `${noteName(model.frequency[i])} · ${hertz(model.frequency[i])} · ${degrees(model.phase[i])}` : t('silent');
    const level = `${named(this.heldOf(i, now))}${this.levels ? ` · ${t('rms_is', this.rmsOf(i))}` : ''} dBFS`;
    text($('readout'), `${i + 1} ${nameOf(i) || t('input', i + 1)} · ${level} · ${partial}`);
  }

  writeLights() {
    this.lit = parts.litGeneration;
    this.rows.forEach(({ light }, i) => {
      const lit = parts.lit[i] === 1;
      light.classList.toggle('lit', lit);
      light.tabIndex = lit || light === document.activeElement ? 0 : -1; // those that there is something to do with
      text(light, this.many ? '' : t('clip'));
      attribute(light, 'aria-label', t(lit ? 'clip_on' : 'clip_off', i + 1));
    });
  }

  // Above each column's first row; of a bridge, left of each row.
  drawScale() {
    const { context } = this.surface;
    context.textBaseline = 'middle';
    context.fillStyle = colours.soft;
    this.cells.forEach((cell, i) => {
      if (cell.tall ? i % this.across : cell.y !== this.cells[0].y || cell.y < 2 * SCALE_Y) return;
      context.textAlign = cell.tall ? 'right' : 'left';
      for (const { db, at, from } of this.marks) {
        if (cell.tall) context.fillText(minus(db, 0), SCALE_X, cell.y + cell.height * (1 - at));
        else context.fillText(minus(db, 0), cell.x + from, SCALE_Y);
      }
    });
  }

  // A piece of a meter, between two shares of its length.
  fillPart({ x, y, width, height, tall }, from, to) {
    if (tall) this.surface.context.fillRect(x, y + height * (1 - to), width, height * (to - from));
    else this.surface.context.fillRect(x + width * from, y, width * (to - from), height);
  }

  // A line across it.
  fillLine({ x, y, width, height, tall }, at, thick) {
    if (tall) this.surface.context.fillRect(x, y + (height - thick) * (1 - at), width, thick);
    else this.surface.context.fillRect(x + (width - thick) * at, y, thick, height);
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
      this.fillPart(cell, from, to);
      from = to;
    }
    context.globalAlpha = 1;
  }

  drawMeter(cell, i, now) {
    const { context } = this.surface;
    const partial = model.on[i] ? decibels(model.amplitude[i]) : -Infinity;
    const peak = this.levels ? decibels(parts.peak[i]) : partial;
    if (!this.levels) this.hold.take(i, partial, now);
    const held = this.heldOf(i, now);
    context.clearRect(cell.x - 1, cell.y - 1, cell.width + 2, cell.height + 2);
    context.fillStyle = colours.line;
    this.fillPart(cell, 0, 1);
    this.drawBar(cell, peak, 0.42);
    this.drawBar(cell, this.levels ? decibels(Math.sqrt(parts.power[i])) : partial, 1);
    context.fillStyle = colours.card;
    for (const { at } of this.marks) if (at > 0 && at < 1) this.fillLine(cell, at, 1);
    if (held > FLOOR_DB) {
      context.fillStyle = colours.ink;
      this.fillLine(cell, share(held), 2);
    }
    text(this.rows[i].db, this.many ? (held > LOWEST_DB ? minus(held, 0) : '–') : named(held));
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
      if (!this.many) this.drawDial(cell, i);
    });
    if (this.lit !== parts.litGeneration) this.writeLights();
    if (now - this.writtenAt > TEXT_MS) {
      this.writtenAt = now;
      this.write();
      if (this.many) this.writeReadout(now);
    }
  }
}
