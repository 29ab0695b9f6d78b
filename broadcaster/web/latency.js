// SPDX-License-Identifier: GPL-3.0-or-later
// Where each millisecond goes, and the measurement of what the graph does not know.
import { model } from './model.js';
import { $, attribute, element, text } from './page.js';
import { askStatus, post, server } from './server.js';

const WRITE_MS = 250;
const ASK_MS = 500;      // between looks at how the measurement goes
const ANSWER_MS = 30000; // the longest that one takes

const parts = [
  { key: 'converter', label: 'Capture, converters' },
  { key: 'period', label: 'JACK period' },
  { key: 'window', label: 'Rest of the window' },
  { key: 'wait', label: 'Hop, computing, tick' },
];

// The total, split by what is known of the analyser (docs/latency.md, "The way"). The sound at the window's centre waits for its
// period, but no longer than for the half window behind it; what of that the period does not bring comes after.
function split(l) {
  const half = server.analyser?.sample_rate > 0 ? server.analyser.window / server.analyser.sample_rate * 500 : 0;
  const counted = Math.min(l.buffer_latency_ms, l.hardware_latency_ms);
  const converter = l.hardware_latency_ms - counted;
  const period = Math.min(counted, half);
  const rest = Math.max(0, l.total_latency_ms - converter - period);
  const window = Math.min(Math.max(0, half - l.buffer_latency_ms), rest);
  return { converter, period, window, wait: rest - window };
}

const results = {
  silent: 'nothing came back: connect calibration_out to calibration_in',
  clipped: 'what came back is cut off at full scale: turn it down',
  noise: 'something came back, but not the test signal',
  ambiguous: 'the test signal came back twice: leave one path only',
  spoiled: 'samples were missed meanwhile: try again',
  refused: 'connect calibration_out and calibration_in first',
};

function result(calibration) {
  if (calibration.state === 'done') return `calibrated: round trip ${calibration.round_trip_ms.toFixed(2)} ms`;
  return results[calibration.state] ?? calibration.state;
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks for a measurement and follows it to its end.
async function calibrate() {
  const answer = await post('api/calibrate', {});
  text($('calibrate-answer'), answer.ok ? 'measuring …' : answer.detail);
  for (let waited = 0; answer.ok && waited < ANSWER_MS; waited += ASK_MS) {
    await pause(ASK_MS);
    await askStatus();
    const calibration = server.analyser?.calibration;
    if (calibration && calibration.state !== 'running' && calibration.state !== 'none') {
      text($('calibrate-answer'), result(calibration));
      return;
    }
  }
  if (answer.ok) text($('calibrate-answer'), 'no answer from the analyser');
}

export const latencyKeys = { C: calibrate };

export class Latency {
  constructor() {
    this.drawn = null;
    this.drawnAt = 0;
    this.bars = {};
    this.values = {};
    for (const { key, label } of parts) {
      this.bars[key] = element('i', `part-${key}`);
      this.values[key] = element('dd', '', '–');
      const name = element('dt', '', label);
      name.prepend(element('i', `swatch part-${key}`));
      const row = element('div');
      row.append(name, this.values[key]);
      $('stack').append(this.bars[key]);
      $('parts').append(row);
    }
    $('calibrate').addEventListener('click', calibrate);
  }

  due(now) {
    return model.latency !== this.drawn && now - this.drawnAt > WRITE_MS;
  }

  draw(now) {
    const l = model.latency;
    const ms = split(l);
    const total = Math.max(l.total_latency_ms, 0.001);
    this.drawn = l;
    this.drawnAt = now;
    for (const { key } of parts) {
      this.bars[key].style.flexGrow = (ms[key] / total).toFixed(4);
      text(this.values[key], `${ms[key].toFixed(1)} ms`);
    }
    text($('total_latency_ms'), `${l.total_latency_ms.toFixed(1)} ms`);
    text($('jitter_ms'), `${l.jitter_ms.toFixed(3)} ms`);
    text($('compensation_ms'), `${l.compensation_ms.toFixed(1)} ms`);
    text($('calibrated'), l.calibrated ? 'yes' : 'no');
    text($('dsp-load'), server.analyser ? `${server.analyser.dsp_load.toFixed(1)} %` : '–');
    text($('xruns'), server.analyser ? String(server.analyser.xruns) : '–');
    attribute($('stack'), 'aria-label', parts.map(({ key, label }) => `${label}: ${ms[key].toFixed(0)} ms`).join(', '));
  }
}
