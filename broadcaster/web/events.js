// SPDX-License-Identifier: GPL-3.0-or-later
// The log of events, newest first.
import { EVENTS_MAX, model } from './model.js';
import { $, element } from './page.js';

const percent = (share) => `${Math.round(share * 100)} %`;
const words = (name) => String(name).replaceAll('_', ' ');

function describe(e) {
  switch (e.type) {
    case 'state_change': return [`${e.from_state} → ${e.to_state}`, `${words(e.trigger)}, ${percent(e.confidence)}`];
    case 'critical_event':
      return [`critical for ${(e.duration_ms / 1000).toFixed(2)} s`, `peak ${e.criticality.toFixed(2)}, ICI ${e.peak_ici.toFixed(2)}`];
    default: return [`φ depth ${e.old_depth.toFixed(3)} → ${e.new_depth.toFixed(3)}`, words(e.reason)];
  }
}

function line(e) {
  const [what, why] = describe(e);
  const item = element('li', e.type);
  const time = element('time', '', new Date(e.timestamp * 1000).toLocaleTimeString('en-GB'));
  item.append(time, element('b', '', what), element('span', '', why));
  return item;
}

export class Events {
  constructor() {
    this.drawn = 0;
  }

  due() {
    return this.drawn !== model.eventsSeen;
  }

  draw() {
    const list = $('events');
    const fresh = Math.min(model.eventsSeen - this.drawn, model.events.length);
    for (const e of model.events.slice(model.events.length - fresh)) list.prepend(line(e));
    while (list.children.length > EVENTS_MAX) list.lastElementChild.remove();
    this.drawn = model.eventsSeen;
    $('no-events').hidden = true;
  }
}
