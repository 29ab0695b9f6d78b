// SPDX-License-Identifier: GPL-3.0-or-later
// The patchbay: which source feeds which input; one more connection, one less.
import { ask } from './access.js';
import { $, element, keepKeys, text } from './page.js';
import { ANSWER_MS, patient, post } from './server.js';
import { fill, languageChanged, t } from './words.js';

const DONE_MS = 3000; // after that JACK has not done what it was asked for
const AGAIN_MS = 100;

// What a menu offers, keeping what is chosen in it.
function offer(menu, options) {
  const { value } = menu;
  if ([...menu.options].map((option) => [option.value, option.textContent]).join('\n') === options.join('\n')) return;
  menu.replaceChildren(...options.map(([key, words]) => Object.assign(element('option', '', words), { value: key })));
  menu.value = options.some(([key]) => key === value) ? value : options[0]?.[0] ?? '';
}

export class Patch {
  constructor() {
    this.sources = [];
    this.channels = 0;
    this.rows = new Map(); // by source and channel
    this.ask = patient(() => this.askOnce());
    keepKeys($('patch-form'));
    $('patch-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.change($('patch-source').value, Number($('patch-channel').value), true);
    });
    languageChanged.push(() => {
      for (const { item } of this.rows.values()) item.remove();
      this.rows.clear();
      this.show();
    });
  }

  // What the analyser sees now.
  async askOnce() {
    try {
      const response = await ask('api/sources', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
      const { channels, sources, more } = response.ok ? await response.json() : { channels: 0, sources: [], more: 0 };
      Object.assign(this, { channels, sources });
      text($('patch-more'), more > 0 ? t('patch_more', more) : '');
      this.show();
    } catch { // offline; the streams show it
    }
  }

  feeds(name, channel) {
    return this.sources.some((source) => source.name === name && source.feeds.includes(channel));
  }

  async change(name, channel, connected) {
    const answer = await post('api/patch', { source: name, channel, connected });
    text($('patch-answer'), answer.detail);
    const end = performance.now() + DONE_MS;
    while (answer.ok && this.feeds(name, channel) !== connected && performance.now() < end) {
      await this.ask();
      await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    }
    if (answer.ok) text($('patch-answer'), this.feeds(name, channel) === connected ? t(connected ? 'patched' : 'unpatched', name, channel + 1) : t('patch_failed'));
  }

  makeRow(name, channel) {
    const item = element('li');
    const button = element('button', 'steers');
    button.type = 'button';
    button.dataset.t = 'disconnect';
    button.setAttribute('aria-label', t('disconnect_what', name, channel + 1));
    button.addEventListener('click', () => this.change(name, channel, false));
    item.dataset.about = 'patch';
    item.append(element('b', '', name), element('span', '', `→ ${t('input', channel + 1)}`), button);
    fill(item);
    return { item, channel };
  }

  show() {
    const now = new Map(this.sources.flatMap(({ name, feeds }) => feeds.map((channel) => [`${channel} ${name}`, [name, channel]])));
    for (const [key, { item }] of this.rows) {
      if (now.has(key)) continue;
      if (item.contains(document.activeElement)) $('patch-source').focus(); // its button goes
      item.remove();
      this.rows.delete(key);
    }
    for (const [key, [name, channel]] of now) {
      if (this.rows.has(key)) continue;
      const row = this.makeRow(name, channel);
      const next = [...this.rows.values()].filter((other) => other.channel > channel).sort((a, b) => a.channel - b.channel)[0];
      this.rows.set(key, row);
      $('patch').insertBefore(row.item, next?.item ?? null);
    }
    offer($('patch-source'), this.sources.map(({ name }) => [name, name]));
    offer($('patch-channel'), Array.from({ length: this.channels }, (_, i) => [String(i), t('input', i + 1)]));
    $('patch-panel').hidden = this.sources.length === 0;
    $('no-patch').hidden = now.size > 0;
  }
}
