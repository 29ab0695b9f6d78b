// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder: its switch, time and size, where the broadcaster has a place for recordings.
import { $, attribute, text } from './page.js';
import { askStatus, post, server } from './server.js';
import { t } from './words.js';

const WRITE_MS = 250;

let busy = false;

async function toggle() {
  if (busy || !server.record) return;
  busy = true;
  const answer = await post('api/record', { on: !server.record.on });
  await askStatus();
  text($('record-answer'), answer.ok ? '' : answer.detail);
  busy = false;
}

export const recorderKeys = { R: toggle };

const two = (n) => String(n).padStart(2, '0');

function clock(seconds) {
  const s = Math.floor(seconds);
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

const size = (bytes) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

// What people should know of it; '' if all is well.
function trouble({ error, dropped }) {
  return [error && t('recording_ended', error), dropped > 0 && t('recording_slow', dropped)].filter(Boolean).join(' ');
}

export class Recorder {
  constructor() {
    this.drawn = null;
    this.drawnAt = 0;
    $('record').addEventListener('click', toggle);
  }

  due(now) {
    return server.record !== this.drawn || (server.record?.on && now - this.drawnAt > WRITE_MS);
  }

  draw(now) {
    const { record } = server;
    const fresh = record !== this.drawn;
    this.drawn = record;
    this.drawnAt = now;
    $('recorder').hidden = !record;
    if (!record) return;
    const seconds = record.seconds + (record.on ? (now - server.askedAt) / 1000 : 0);
    attribute($('record'), 'aria-pressed', String(record.on));
    text($('record-text'), t(record.on ? 'on' : 'off'));
    text($('record-size'), record.file ? `${clock(seconds)}, ${size(record.bytes)}` : '');
    attribute($('record-size'), 'title', record.file ?? '');
    if (fresh && (record.on || trouble(record))) text($('record-answer'), trouble(record));
  }
}
