// SPDX-License-Identifier: GPL-3.0-or-later
// The edges that the streams are published to, and how each fares; nothing where there are none.
import { $, attribute, element, text } from './page.js';
import { server } from './server.js';
import { languageChanged, t } from './words.js';

const sum = (lines, key) => lines.reduce((all, line) => all + line[key], 0);
const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`);

// What it has not got yet, and what it never will.
export const backlog = (waiting, lost) => [waiting > 0 && t('edge_waits', waiting), lost > 0 && t('edge_lost', lost)].filter(Boolean).join(', ');

// Of one edge's channels, in words.
function describe(lines) {
  const bad = lines.find((line) => line.state !== 'connected');
  return [bad ? `${bad.channel}: ${bad.detail}` : t('publishing'), t('lag', time(Math.max(...lines.map((line) => line.lag_ms)))),
    t('edge_sent', sum(lines, 'acknowledged'), sum(lines, 'skipped')), backlog(sum(lines, 'waiting'), sum(lines, 'lost'))];
}

export class Edges {
  constructor() {
    this.drawn = null;
    this.rows = new Map(); // by URL
    languageChanged.push(() => { this.drawn = null; });
  }

  due() {
    return server.edges !== this.drawn;
  }

  row(url) {
    const item = element('li');
    const row = { item, spans: [element('span', 'state'), element('span'), element('span'), element('span')] };
    item.append(element('b', '', url), ...row.spans);
    $('edges').append(item);
    this.rows.set(url, row);
    return row;
  }

  draw() {
    const lines = server.edges;
    this.drawn = lines;
    $('edges-panel').hidden = lines.length === 0;
    for (const url of new Set([...lines.map((line) => line.url), ...this.rows.keys()])) {
      const row = this.rows.get(url) ?? this.row(url);
      const own = lines.filter((line) => line.url === url);
      row.item.hidden = own.length === 0;
      if (own.length === 0) continue; // another broadcaster's
      attribute(row.item, 'data-state', own.every((line) => line.state === 'connected') ? 'open' : 'waiting');
      describe(own).forEach((words, i) => text(row.spans[i], words));
    }
  }
}
