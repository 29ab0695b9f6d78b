// SPDX-License-Identifier: GPL-3.0-or-later
// What the dashboard listens to. This needs nothing else of the page, so index.html runs it while the rest is still on its way:
// when there is something that can show numbers, there are some.
import { openAccess } from './access.js';
import { adding } from './described.js';
import { Stream, streamUrl } from './stream.js';

openAccess();
export const streams = {
  metrics: new Stream(() => streamUrl('metrics', adding('levels', 'bands', 'onsets'))),
  latency: new Stream(() => streamUrl('latency')),
  events: new Stream(() => streamUrl('events', { replay: 64 })),
  onsets: new Stream(() => streamUrl('events', adding('onsets'))), // apart: a replay with onsets would be onsets
};
