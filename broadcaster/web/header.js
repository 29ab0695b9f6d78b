// SPDX-License-Identifier: GPL-3.0-or-later
// The top line: connection, state, how many and how fast; and that nobody takes old numbers for new ones.
import { access } from './access.js';
import { frameRate, isStale, model, stateNow } from './model.js';
import { $, attribute, text } from './page.js';
import { server } from './server.js';

const seconds = (ms) => (ms / 1000).toFixed(1);
let rateAt = 0;

export function linkNow(stream, now) {
  if (!stream.open && access.refused) return 'locked';
  if (!stream.open) return stream.failures > 0 ? 'offline' : 'connecting';
  if (server.replay) return server.replay.paused ? 'paused' : server.replay.ended ? 'ended' : 'replay';
  return isStale(now) ? 'stale' : 'live';
}

export function linkText(link, stream, now) {
  if (link === 'offline') {
    return stream.retryAt ? `offline, trying again in ${seconds(Math.max(0, stream.retryAt - now))} s` : 'offline, trying again';
  }
  if (link === 'stale') return Number.isFinite(model.movedAt) ? `stale for ${seconds(now - model.movedAt)} s` : 'no analyser';
  return link === 'locked' ? 'not let in' : link;
}

export const MOVING = ['live', 'replay', 'paused', 'ended']; // or standing because somebody wanted it to

export function drawHeader(stream, now) {
  const link = linkNow(stream, now);
  const live = MOVING.includes(link);
  attribute(document.body, 'data-access', server.access); // what moves nothing is not offered
  attribute($('link'), 'data-link', link);
  text($('link'), linkText(link, stream, now));
  text($('why'), link === 'stale' ? server.why : '');
  document.body.classList.toggle('stale', !live);
  const state = model.frame < 0 ? '–' : live ? stateNow() : 'offline';
  attribute($('state'), 'data-state', state);
  text($('state-name'), state);
  text($('active'), model.frame < 0 ? '–' : `${model.active} of ${model.channels}`);
  text($('frame'), model.frame < 0 ? '–' : model.frame.toLocaleString('en').replaceAll(',', '\u202f'));
  if (now - rateAt > 500) {
    rateAt = now;
    text($('rate'), String(frameRate(now)));
  }
}
