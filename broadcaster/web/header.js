// SPDX-License-Identifier: GPL-3.0-or-later
// The top line: connection, state, how many and how fast; and that nobody takes old numbers for new ones.
import { access } from './access.js';
import { frameRate, isStale, model, stateNow } from './model.js';
import { $, attribute, text } from './page.js';
import { server } from './server.js';
import { named, t } from './words.js';

const seconds = (ms) => (ms / 1000).toFixed(1);
let rateAt = 0;

export function linkNow(stream, now) {
  if (!stream.open && access.refused) return 'locked';
  if (!stream.open) return stream.failures > 0 ? 'offline' : 'connecting';
  if (server.replay) return server.replay.paused ? 'paused' : server.replay.ended ? 'ended' : 'replay';
  if (model.absent) return 'absent';
  if (model.frame < 0) return 'connecting'; // or rather, nothing has come yet
  return isStale(now) ? 'stale' : 'live';
}

export function linkText(link, stream, now) {
  if (link === 'offline' && stream.retryAt) return t('link_retry', seconds(Math.max(0, stream.retryAt - now)));
  return t(`link_${link}`, seconds(now - model.movedAt));
}

// What is wrong, and what to do about it; '' if nothing is.
function whyNow(link) {
  if (link === 'absent' && server.source?.state === 'refused') return t('why_refused', server.source.detail);
  if (link === 'absent') return t('why_absent', server.source?.name ?? '');
  return link === 'stale' || link === 'offline' ? t(`why_${link}`) : '';
}

export const MOVING = ['live', 'replay', 'paused', 'ended']; // or standing because somebody wanted it to

export function drawHeader(stream, now) {
  const link = linkNow(stream, now);
  const live = MOVING.includes(link);
  const known = model.frame >= 0;
  attribute(document.body, 'data-access', server.access); // what moves nothing is not offered
  attribute($('link'), 'data-link', link);
  text($('link'), linkText(link, stream, now));
  text($('why'), whyNow(link));
  document.body.classList.toggle('stale', !live);
  const state = live && known ? stateNow() : 'offline';
  attribute($('state'), 'data-state', known ? state : 'unknown');
  text($('state-name'), known ? named('state', state) : '–');
  text($('active'), known ? t('of', model.active, model.channels) : '–');
  text($('frame'), known ? model.frame.toLocaleString('en').replaceAll(',', '\u202f') : '–');
  if (now - rateAt > 500) {
    rateAt = now;
    text($('rate'), live && known ? String(frameRate(now)) : '–');
  }
}
