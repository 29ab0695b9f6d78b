// SPDX-License-Identifier: GPL-3.0-or-later
// The log of events, newest first.
import { EVENTS_MAX, model } from './model.js';
import { $, element } from './page.js';
import { languageChanged, named, t } from './words.js';

const percent = (share) => `${Math.round(share * 100)} %`;

function describe(e) {
  switch (e.type) {
    case 'state_change': return [`${named('state', e.from_state)} → ${named('state', e.to_state)}`, `${named('why', e.trigger)}, ${percent(e.confidence)}`];
    case 'critical_event':
      return [t('critical_for', (e.duration_ms / 1000).toFixed(2)), t('critical_peak', e.criticality.toFixed(2), e.peak_ici.toFixed(2))];
    default: return [t('depth_event', e.old_depth.toFixed(3), e.new_depth.toFixed(3)), named('why', e.reason)];
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
    languageChanged.push(() => {
      $('events').replaceChildren();
      this.drawn = model.eventsSeen - model.events.length;
    });
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
    $('no-events').hidden = model.events.length > 0;
  }
}
