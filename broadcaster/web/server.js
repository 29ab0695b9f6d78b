// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of the broadcaster over HTTP.

import { token } from './stream.js';

// The page's own ?token= opens what it asks for.
const credentials = token === null ? {} : { Authorization: `Bearer ${token}` };

export const server = {
  why: '',        // what keeps the numbers from moving
  analyser: null, // /api/status, analyser; null: unknown
  iciThreshold: 0.75, // the analyser's last known ones
  criticalityThreshold: 2,
};

export async function askStatus() {
  try {
    const status = await (await fetch('/api/status', { cache: 'no-store', headers: credentials })).json();
    server.why = status.source?.detail ?? '';
    server.analyser = status.analyser ?? null;
    server.iciThreshold = server.analyser?.ici_threshold ?? server.iciThreshold;
    server.criticalityThreshold = server.analyser?.criticality_threshold ?? server.criticalityThreshold;
  } catch { // offline; the streams show it
    server.why = '';
    server.analyser = null;
  }
}

// {ok, detail}: detail says why it was refused.
export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...credentials },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    return { ok: response.ok, detail: answer.detail ?? (response.ok ? '' : `refused with ${response.status}`) };
  } catch {
    return { ok: false, detail: 'the broadcaster does not answer' };
  }
}
