// SPDX-License-Identifier: GPL-3.0-or-later
// What the broadcaster says of its numbers and commands, and what it can be asked to add to its streams.
import { ask } from './access.js';

const PARTS = ['levels', 'bands', 'onsets'];

// By group: {unit, min, max, usual_min, usual_max} by name; empty until it has.
// help: the words of all its numbers, by name.
// parts: what it can be asked to add to its streams; all that there is until it has said less.
export const described = { metrics: {}, commands: {}, help: {}, parts: PARTS };
export const onDescribed = []; // called when it has

// A stream's query: to add those, as far as the server can. One that cannot might refuse.
export function adding(...wanted) {
  const add = wanted.filter((part) => described.parts.includes(part)).join(',');
  return add ? { add } : {};
}

export async function askDescription(signal) {
  const byName = (rows) => Object.fromEntries(rows.map((row) => [row.name, row]));
  if (described.metrics.ici) return;
  try {
    const response = await ask('api/description', { signal });
    if (response.status === 404) described.parts = []; // an old one
    if (!response.ok) return;
    const description = await response.json();
    for (const [group, rows] of Object.entries(description)) described[group] = byName(rows);
    described.help = Object.fromEntries([...description.metrics, ...description.channel_metrics ?? [], ...description.bands ?? [], ...description.latency ?? []]
      .map(({ name, help }) => [name, help]));
    described.parts = PARTS.filter((part) => part in description);
    onDescribed.forEach((tell) => tell());
  } catch { // offline; it is asked again with the streams
  }
}
