// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of the broadcaster over HTTP.
import { ask } from './access.js';
import { askDescription } from './described.js';
import { t } from './words.js';

export const server = {
  source: null,   // /api/status, source; null: unknown
  analyser: null, // /api/status, analyser; null: unknown
  record: null,   // /api/status, record; null: it cannot
  replay: null,   // and replay; null: it is none
  edges: [],      // and edges: a line for each channel of each
  outside: { mqtt: null, refused: [] }, // and mqtt (null: there is none), and refused_origins
  access: '',     // what may be done here: 'control', or only 'view'; '': unknown
  askedAt: 0,     // performance.now() of the answer
  iciThreshold: 0.75, // the analyser's last known ones
  criticalityThreshold: 2,
};

export const ANSWER_MS = 5000; // the longest that is waited for an answer

async function askBoth() {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const description = askDescription(signal);
  try {
    const response = await ask('api/status', { cache: 'no-store', signal });
    if (!response.ok) return; // the page says so
    const status = await response.json();
    server.source = status.source ?? null;
    server.analyser = status.analyser ?? null;
    server.access = status.access ?? 'control';
    server.record = status.record ?? null;
    server.replay = status.replay ?? null;
    server.edges = status.edges ?? [];
    server.outside = { mqtt: status.mqtt ?? null, refused: status.refused_origins ?? [] };
    server.askedAt = performance.now();
    server.iciThreshold = server.analyser?.ici_threshold ?? server.iciThreshold;
    server.criticalityThreshold = server.analyser?.criticality_threshold ?? server.criticalityThreshold;
  } catch { // offline; the streams show it
    server.source = null;
    server.analyser = null;
  }
  await description;
}

// The same question, but a slow server is not asked again meanwhile: whoever does, waits for the answer that is due.
export function patient(question) {
  let asking = null;
  const ask = () => {
    asking ??= question().finally(() => { asking = null; });
    return asking;
  };
  ask.anew = () => Promise.resolve(asking).then(ask); // for who has changed something: an answer that is due may not have it
  return ask;
}

export const askStatus = patient(askBoth);

// {ok, detail}: detail says why it was refused.
async function change(path, options) {
  try {
    const response = await ask(path, options);
    const answer = await response.json().catch(() => ({}));
    return { ok: response.ok, detail: answer.detail ?? (response.ok ? '' : t('refused_with', response.status)) };
  } catch {
    return { ok: false, detail: t('unanswered') };
  }
}

export const post = (path, body) => change(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

// Keys' actions that do nothing where nothing may be moved.
export const steering = (keys) => Object.fromEntries(Object.entries(keys).map(
  ([key, act]) => [key, () => { if (server.access === 'control') act(); }]));

export const remove = (path) => change(path, { method: 'DELETE' });
