// SPDX-License-Identifier: GPL-3.0-or-later
// Calibrating from the page, with a cable in place.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, live, open, until, url } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test('the answer is the round trip', async () => {
  const page = await open(browser, url);
  const answer = async () => page.locator('#calibrate-answer').textContent();
  await live(page);
  await page.locator('#latency summary').click();
  await page.locator('#calibrate').click();
  await until(async () => /\.$/.test(await answer()), 'an answer');
  const { analyser } = await (await fetch(`${url}/api/status`)).json();
  assert.equal(await answer(), `Calibrated: round trip ${analyser.calibration.round_trip_ms.toFixed(2)} ms.`);
  await close(page);
});
