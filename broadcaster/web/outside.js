// SPDX-License-Identifier: GPL-3.0-or-later
// Who else is there: the MQTT broker, and how it fares; whose pages were refused, and what lets them in.
import { backlog } from './edges.js';
import { $, attribute, element, text } from './page.js';
import { server } from './server.js';
import { languageChanged, t } from './words.js';

function describeBroker({ topic, detail, sent, skipped, events_waiting: waiting, events_lost: lost }) {
  return [topic, detail, t('edge_sent', sent, skipped), backlog(waiting, lost)];
}

function refusedLine({ origin, option, count, last }) {
  const item = element('li');
  item.dataset.about = 'refused';
  const when = new Date(last * 1000).toLocaleTimeString('en-GB');
  item.append(element('b', '', origin), element('span', '', t('refused_times', count, when)), element('span', '', option ? `${t('refused_admit')} ` : t('refused_never')));
  if (option) item.lastChild.append(element('code', '', option));
  return item;
}

export class Outside {
  constructor() {
    this.drawn = null; // the answer that is shown
    languageChanged.push(() => { this.drawn = null; });
  }

  due() {
    return server.outside !== this.drawn;
  }

  draw() {
    const { mqtt, refused } = server.outside;
    this.drawn = server.outside;
    $('mqtt-panel').hidden = !mqtt;
    if (mqtt) {
      attribute($('mqtt'), 'data-state', mqtt.state === 'connected' ? 'open' : 'waiting');
      [mqtt.broker, ...describeBroker(mqtt)].forEach((words, i) => text($('mqtt').children[i], words));
    }
    const lines = refused.map(refusedLine);
    $('refused-panel').hidden = lines.length === 0;
    if (lines.map((line) => line.textContent).join('') !== $('refused').textContent) $('refused').replaceChildren(...lines);
  }
}
