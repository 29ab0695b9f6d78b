// SPDX-License-Identifier: GPL-3.0-or-later
// The breathing, shown and steered.
import { described, onDescribed } from './described.js';
import { model } from './model.js';
import { $, attribute, reducedMotion, Surface, text } from './page.js';
import { post, server } from './server.js';
import { colours, themeChanged } from './view.js';
import { languageChanged, t } from './words.js';

const HELD_MS = 1200;  // a slider that was touched follows the analyser again after this
const ASKED_MS = 3000; // what was asked for here holds until the analyser has had time to say so
const STEP = 0.05;     // of the depth, per key
const TURN = 2 * Math.PI;

const wanted = {};     // changes not sent yet
let sending = false;
const heldAt = { depth: -Infinity, phase: -Infinity, speed: -Infinity };

// A switch that shows what was asked for here, until the analyser has had time to follow.
class Asked {
  constructor() {
    this.forget();
  }

  ask(on) {
    this.on = on;
    this.at = performance.now();
  }

  forget() {
    this.at = -Infinity;
  }

  shown(now, really) {
    return now - this.at < ASKED_MS ? this.on : really;
  }
}

const auto = new Asked();
const breathing = new Asked();
const autoOn = (now) => auto.shown(now, server.analyser?.auto_phi === true);
const breathingOn = (now) => breathing.shown(now, model.breathing);

// One request at a time; what changes meanwhile goes with the next one.
async function send(changes) {
  Object.assign(wanted, changes);
  if (sending) return;
  sending = true;
  while (Object.keys(wanted).length > 0) {
    const body = { ...wanted };
    for (const key of Object.keys(wanted)) delete wanted[key];
    const answer = await post('api/phi', body);
    text($('phi-answer'), answer.ok ? '' : answer.detail);
  }
  sending = false;
}

const within = ({ min, max }, value) => Math.min(max, Math.max(min, value));

// The sliders' ends are those of the commands; the phase's are one turn, as its metric says.
function setEnds() {
  const { depth, rate } = described.commands;
  const ends = {
    depth: [depth.min, depth.max],
    phase: [described.metrics.phi_phase.usual_min, described.metrics.phi_phase.usual_max],
    speed: [Math.log10(rate.min), Math.log10(rate.max)],
  };
  for (const [id, [min, max]] of Object.entries(ends)) Object.assign($(id), { min, max, disabled: false });
  $('speed').value = '0'; // until the analyser has said
}

const slides = {
  // A hand on these ends auto-phi, also where its switching on is still waiting to go with them.
  depth: (value) => { auto.ask(false); return { depth: value, auto: false }; },
  phase: (value) => { auto.ask(false); return { phase: value, auto: false }; },
  speed: (value) => ({ rate: within(described.commands.rate, Number((10 ** value).toPrecision(3))) }),
};

// Twice in a row switches twice, however long the first takes to come back.
function toggleBreathing() {
  breathing.ask(!breathingOn(performance.now()));
  send({ breathing: breathing.on });
}

function toggleAuto() {
  auto.ask(!autoOn(performance.now()));
  send({ auto: auto.on });
}

function nudge(step) {
  const slider = $('depth');
  slider.value = String(Number(slider.value) + step); // which it keeps between its ends
  slider.dispatchEvent(new Event('input'));
}

export const breathingKeys = {
  B: toggleBreathing, A: toggleAuto, '[': () => nudge(-STEP), ']': () => nudge(STEP),
};

export class Breathing {
  constructor() {
    this.surface = new Surface($('breath'), () => { this.drawn = -1; });
    this.drawn = -1;
    for (const changes of [themeChanged, languageChanged]) changes.push(() => { this.drawn = -1; });
    onDescribed.push(setEnds, () => { this.drawn = -1; });
    $('breathing').addEventListener('click', toggleBreathing);
    $('auto').addEventListener('click', toggleAuto);
    for (const [id, change] of Object.entries(slides)) {
      $(id).addEventListener('input', () => {
        heldAt[id] = performance.now();
        this.drawn = -1;
        send(change(Number($(id).value)));
      });
      $(id).addEventListener('pointerdown', () => { heldAt[id] = Infinity; });
      for (const end of ['pointerup', 'pointercancel', 'blur']) {
        $(id).addEventListener(end, () => { heldAt[id] = Math.min(heldAt[id], performance.now()); });
      }
    }
  }

  due() {
    return this.drawn !== model.generation;
  }

  follow(id, value, now, held = HELD_MS) {
    if (now - heldAt[id] > held && Number.isFinite(value)) $(id).value = String(value);
  }

  write(now) {
    this.follow('depth', model.depth, now);
    if (!reducedMotion.matches || !model.breathing) this.follow('phase', model.theta, now);
    this.follow('speed', Math.log10(server.analyser?.phi_rate), now, ASKED_MS);
    const shown = model.frame >= 0;
    text($('depth-text'), shown ? Number($('depth').value).toFixed(3) : '–');
    text($('phase-text'), shown ? `${Math.round(Number($('phase').value) * 360 / TURN)}°` : '–');
    const known = shown && (server.analyser?.phi_rate > 0 || heldAt.speed > -Infinity);
    text($('speed-text'), known ? `${(10 ** Number($('speed').value)).toPrecision(3)} ${described.commands.rate?.unit ?? ''}` : '–');
    if (model.breathing === breathing.on) breathing.forget();
    attribute($('breathing'), 'aria-pressed', String(breathingOn(now)));
    text($('breathing-text'), shown ? t(breathingOn(now) ? 'on' : 'off') : '–');
    attribute($('auto'), 'aria-pressed', String(autoOn(now)));
    text($('auto-text'), server.analyser ? t(autoOn(now) ? 'on' : 'off') : '–');
  }

  // One cycle of the gain, and the moment on it.
  draw(now) {
    const { context, width, height } = this.surface;
    const gain = (theta) => 1 - model.depth * 0.5 * (1 - Math.sin(theta));
    const y = (theta) => 6 + (height - 12) * (1 - gain(theta));
    this.drawn = model.generation;
    this.write(now);
    this.surface.clear();
    if (model.frame < 0) return;
    context.globalAlpha = model.breathing ? 1 : 0.45;
    context.strokeStyle = colours.breath;
    context.lineWidth = 2;
    context.beginPath();
    for (let x = 0; x <= width; x += 4) context.lineTo(x, y(x / width * TURN));
    context.stroke();
    context.globalAlpha = model.breathing ? 0.18 : 0.08;
    context.lineTo(width, height);
    context.lineTo(0, height);
    context.fillStyle = colours.breath;
    context.fill();
    context.globalAlpha = 1;
    context.beginPath();
    context.arc(model.theta / TURN * width, y(model.theta), 6, 0, TURN);
    context.fill();
  }
}
