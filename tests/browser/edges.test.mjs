// SPDX-License-Identifier: GPL-3.0-or-later
// The edges on the page. test_dashboard.py starts a broadcaster that publishes to one edge that is there, and to one that is not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, live, open, until, url } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test('each edge has a line', async () => {
  const page = await open(browser, url);
  await live(page);
  const rows = page.locator('#edges li');
  const says = (i, pattern) => until(async () => pattern.test(await rows.nth(i).textContent()), `${pattern} of an edge`);
  await says(0, /\/here\/\{stream\}publishinglag \d+ ms[1-9]\d* sent, \d+ skipped$/);
  await says(1, /\/away\/\{stream\}\w+: .+lag \d+ m?s0 sent, 0 skipped/);
  assert.equal(await rows.nth(0).getAttribute('data-state'), 'open');
  assert.equal(await rows.nth(1).getAttribute('data-state'), 'waiting');
  assert.equal(await rows.count(), 2);
  assert.deepEqual(await accessibilityFaults(page, '#edges-panel'), []);
  await close(page);
});
