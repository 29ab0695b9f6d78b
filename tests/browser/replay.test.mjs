// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard on a recording of ten minutes: what it says of it, and what it can ask of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, open, phone, picture, until, url } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const replay = async () => (await (await fetch(`${url}/api/status`)).json()).replay;
const link = (page, state) => page.locator(`#link[data-link="${state}"]`).waitFor();

test('it says that it is a replay', async () => {
  const page = await open(browser, url);
  await link(page, 'replay');
  assert.equal(await page.locator('#replay b').textContent(), 'Replay');
  assert.equal(await page.locator('#replay-file').textContent(), 'show.jsonl');
  await until(async () => /^\d+:\d\d \/ 9:59$/.test(await page.locator('#replay-time').textContent()), 'the time');
  const first = await page.locator('#frame').textContent();
  await until(async () => await page.locator('#frame').textContent() !== first, 'the numbers to move');
  await picture(page, 'replay');
  assert.deepEqual(await accessibilityFaults(page), []);
  await close(page);
});

test('pause, position and speed', async () => {
  const page = await open(browser, url);
  await link(page, 'replay');
  await page.locator('#replay-pause').click();
  await link(page, 'paused');
  assert.equal((await replay()).paused, true);
  assert.equal(await page.locator('body.stale').count(), 0); // it stands because somebody wants it to
  assert.equal(await page.locator('#replay-pause').textContent(), 'Play');
  await page.locator('#replay-position').fill('300');
  await page.locator('#replay-position').dispatchEvent('change');
  await until(async () => (await replay()).position === 300, 'the position');
  await until(async () => await page.locator('#replay-time').textContent() === '5:00 / 9:59', 'the position to be shown');
  await page.locator('#replay-speed').selectOption('4');
  await until(async () => (await replay()).speed === 4, 'the speed');
  await page.locator('#replay-pause').click();
  await link(page, 'replay');
  await until(async () => (await replay()).position > 301, 'it to go on');
  await close(page);
});

test('nobody is steered, and the page says why', async () => {
  const page = await open(browser, url);
  await link(page, 'replay');
  await page.locator('#breathing').click();
  await until(async () => /replay/.test(await page.locator('#phi-answer').textContent()), 'the reason');
  await close(page, { errors: [/409/] });
});

test('on a phone, it fits', async () => {
  const page = await open(browser, url, phone);
  await link(page, 'replay');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen');
  await picture(page, 'replay-phone');
  await close(page);
});
