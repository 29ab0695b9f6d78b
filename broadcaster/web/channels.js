// SPDX-License-Identifier: GPL-3.0-or-later
// A row per channel. Words are elements; meters and dials are drawn on one canvas that lies over the rows.
import { model } from './model.js';
import { $, decibels, element, minus, noteName, Surface, text } from './page.js';
import { colours, themeChanged } from './view.js';

const FLOOR_DB = -60;
const TEXT_MS = 100;   // nobody reads faster
const HOLD_MS = 1500;  // how long a peak stays
const FALL = 0.02;     // of the meter's length, per drawn frame, afterwards
const MANY = 12;       // from here on the rows take the whole width

const peaks = new Float64Array(64);
const peaksAt = new Float64Array(64);
const share = (db) => Math.max(0, Math.min(1, 1 - db / FLOOR_DB));

function newRow(number) {
  const row = element('li', 'channel');
  row.append(element('b', 'number', String(number)), element('i', 'meter'), element('span', 'db'),
    element('span', 'note'), element('span', 'hz'), element('i', 'dial'));
  return row;
}

export class Channels {
  constructor() {
    this.rows = [];
    this.cells = []; // where each row's meter and dial are
    this.drawn = -1;
    this.writtenAt = 0;
    this.surface = new Surface($('meters'), () => this.measure());
    themeChanged.push(() => { this.drawn = -1; });
  }

  due() {
    return this.drawn !== model.generation;
  }

  measure() {
    this.cells = this.rows.map((row) => {
      const meter = row.children[1];
      const dial = row.children[5];
      return {
        x: meter.offsetLeft, y: meter.offsetTop, width: meter.offsetWidth, height: meter.offsetHeight,
        dialX: dial.offsetLeft + dial.offsetWidth / 2, dialY: dial.offsetTop + dial.offsetHeight / 2,
        radius: Math.max(0, dial.offsetHeight / 2 - 1),
      };
    });
    this.drawn = -1;
  }

  resize() {
    const list = $('channels');
    while (this.rows.length < model.channels) {
      const row = newRow(this.rows.length + 1);
      this.rows.push(row);
      list.append(row);
    }
    while (this.rows.length > model.channels) this.rows.pop().remove();
    $('channels-panel').classList.toggle('many', model.channels >= MANY);
    $('no-channels').hidden = model.channels > 0;
    this.measure();
  }

  write() {
    for (let i = 0; i < this.rows.length; i++) {
      const row = this.rows[i];
      const on = model.on[i] === 1;
      row.classList.toggle('silent', !on);
      text(row.children[2], on ? minus(decibels(model.amplitude[i]), 1) : '–');
      text(row.children[3], on ? noteName(model.frequency[i]) : 'silent');
      text(row.children[4], on ? `${model.frequency[i].toFixed(1)} Hz` : '');
    }
  }

  drawMeter(cell, i, now) {
    const { context } = this.surface;
    const level = model.on[i] ? share(decibels(model.amplitude[i])) : 0;
    if (level >= peaks[i]) {
      peaks[i] = level;
      peaksAt[i] = now;
    } else if (now - peaksAt[i] > HOLD_MS) {
      peaks[i] = Math.max(level, peaks[i] - FALL);
    }
    context.clearRect(cell.x - 1, cell.y - 1, cell.width + 2, cell.height + 2);
    context.fillStyle = colours.line;
    context.fillRect(cell.x, cell.y, cell.width, cell.height);
    context.fillStyle = level > 0.995 ? colours.bad : colours.ici;
    context.fillRect(cell.x, cell.y, cell.width * level, cell.height);
    context.fillStyle = colours.card;
    for (const db of [-48, -36, -24, -12]) context.fillRect(cell.x + cell.width * share(db), cell.y, 1, cell.height);
    if (peaks[i] > 0) {
      context.fillStyle = colours.ink;
      context.fillRect(cell.x + (cell.width - 2) * peaks[i], cell.y, 2, cell.height);
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
    this.drawn = model.generation;
    if (now - this.writtenAt > TEXT_MS) {
      this.writtenAt = now;
      this.write();
    }
    this.cells.forEach((cell, i) => {
      this.drawMeter(cell, i, now);
      this.drawDial(cell, i);
    });
  }
}
