// SPDX-License-Identifier: GPL-3.0-or-later
// The OSC targets: where OSC goes and how it fares there; one more, one less.
import { ask } from './access.js';
import { $, element, keepKeys, text } from './page.js';
import { ANSWER_MS, patient, post, remove } from './server.js';
import { fill, t } from './words.js';

const sent = (target) => t('sent', target.sent, target.dropped);

export class Targets {
  constructor() {
    this.rows = new Map(); // by id
    this.ask = patient(() => this.askOnce());
    keepKeys($('target-form'));
    $('target-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.add($('target-url').value.trim());
    });
  }

  // What the broadcaster says now.
  async askOnce() {
    try {
      const response = await ask('api/osc/targets', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
      if (response.ok) this.show((await response.json()).targets);
    } catch { // offline; the streams show it
    }
  }

  async change(answer, done) {
    text($('target-answer'), answer.ok ? done : answer.detail);
    await this.ask.anew();
  }

  async add(url) {
    const answer = await post('api/osc/targets', { url, keep: $('target-keep').checked });
    if (answer.ok) $('target-url').value = '';
    await this.change(answer, t('added', url));
  }

  async remove({ id, url }) {
    await this.change(await remove(`api/osc/targets/${id}`), t('removed', url));
  }

  makeRow(target) {
    const row = { item: element('li'), state: element('span', 'state'), counts: element('span'), kept: element('span') };
    const button = element('button', 'steers');
    button.type = 'button';
    button.dataset.t = 'remove';
    button.setAttribute('aria-label', t('remove_what', target.url));
    button.addEventListener('click', () => this.remove(target));
    row.item.append(element('b', '', target.url), row.state, row.counts, row.kept, button);
    row.counts.dataset.about = 'targets';
    if (target.kept) row.kept.dataset.t = 'kept';
    fill(row.item);
    return row;
  }

  show(targets) {
    const now = new Set(targets.map((target) => target.id));
    for (const [id, row] of this.rows) {
      if (now.has(id)) continue;
      if (row.item.contains(document.activeElement)) $('target-url').focus(); // its button goes
      row.item.remove();
      this.rows.delete(id);
    }
    for (const target of targets) {
      if (!this.rows.has(target.id)) {
        this.rows.set(target.id, this.makeRow(target));
        $('targets').append(this.rows.get(target.id).item);
      }
      const { item, state, counts } = this.rows.get(target.id);
      item.dataset.state = target.state;
      text(state, target.detail);
      text(counts, sent(target));
    }
    $('no-targets').hidden = targets.length > 0;
  }
}
