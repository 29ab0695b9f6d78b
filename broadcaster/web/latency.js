// SPDX-License-Identifier: GPL-3.0-or-later
// Where each millisecond goes, and the measurement of what the graph does not know.
import { model } from './model.js';
import { $, attribute, element, text } from './page.js';
import { askStatus, post, server } from './server.js';
import { fill, named, t } from './words.js';

const WRITE_MS = 250;
const ASK_MS = 500;      // between looks at how the measurement goes
const ANSWER_MS = 30000; // the longest that one takes

const PARTS = ['converter', 'period', 'window', 'wait'];

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

function result({ state, round_trip_ms: ms }) {
  return state === 'done' ? t('calibrated_to', ms.toFixed(2)) : named('calibration', state);
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks for a measurement and follows it to its end.
async function calibrate() {
  $('latency').open = true;
  const answer = await post('api/calibrate', {});
  text($('calibrate-answer'), answer.ok ? t('measuring') : answer.detail);
  for (let waited = 0; answer.ok && waited < ANSWER_MS; waited += ASK_MS) {
    await pause(ASK_MS);
    await askStatus();
    const calibration = server.analyser?.calibration;
    if (calibration && calibration.state !== 'running' && calibration.state !== 'none') {
      text($('calibrate-answer'), result(calibration));
      return;
    }
  }
  if (answer.ok) text($('calibrate-answer'), t('unmeasured'));
}

export const latencyKeys = { C: calibrate };

export class Latency {
  constructor() {
    this.drawn = null;
    this.drawnAt = 0;
    this.bars = {};
    this.values = {};
    for (const key of PARTS) {
      this.bars[key] = element('i', `part-${key}`);
      this.values[key] = element('dd', '', '–');
      const name = element('dt');
      name.append(element('i', `swatch part-${key}`), element('span'));
      name.lastChild.dataset.t = `name_${key}`;
      const row = element('div');
      row.dataset.about = key;
      row.append(name, this.values[key]);
      $('stack').append(this.bars[key]);
      $('parts').append(row);
    }
    fill($('parts'));
    $('calibrate').addEventListener('click', calibrate);
  }

  due(now) {
    return model.latency !== this.drawn && now - this.drawnAt > WRITE_MS;
  }

  draw(now) {
    const l = model.latency;
    const ms = l && split(l);
    const shown = (value, digits = 1) => (l ? `${value.toFixed(digits)} ms` : '–');
    this.drawn = l;
    this.drawnAt = now;
    for (const key of PARTS) {
      this.bars[key].style.flexGrow = l ? (ms[key] / Math.max(l.total_latency_ms, 0.001)).toFixed(4) : '0';
      text(this.values[key], shown(ms?.[key]));
    }
    for (const id of ['total_latency_ms', 'total']) text($(id), shown(l?.total_latency_ms));
    text($('jitter_ms'), shown(l?.jitter_ms, 3));
    text($('compensation_ms'), shown(l?.compensation_ms));
    text($('calibrated'), l ? t(l.calibrated ? 'yes' : 'no') : '–');
    text($('dsp-load'), server.analyser ? `${server.analyser.dsp_load.toFixed(1)} %` : '–');
    text($('xruns'), server.analyser ? String(server.analyser.xruns) : '–');
    attribute($('stack'), 'aria-label', PARTS.map((key) => `${t(`name_${key}`)}: ${shown(ms?.[key], 0)}`).join(', '));
  }
}
