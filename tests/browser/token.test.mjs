// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of a broadcaster that asks for a token: the one in their own address opens all that they ask for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, live, open, painted, until, url } from './browser.mjs';

const token = process.env.PHICAST_TOKEN;

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test('with it, numbers move and steering works', async () => {
  const page = await open(browser, `${url}/?token=${token}`);
  await live(page);
  await page.locator('#depth').fill('0.25');
  await until(async () => (await page.locator('#depth-text').textContent()) === '0.250', 'the depth to come to 0.25');
  await until(async () => page.evaluate(async () => Math.abs((await import('/model.js')).model.depth - 0.25) < 0.001), 'the analyser to follow');
  assert.equal(await page.locator('#phi-answer').textContent(), '');
  await close(page);
});

test('the picture as well', async () => {
  const page = await open(browser, `${url}/visual?token=${token}`);
  await until(async () => await painted(page, '#picture') > 10000, 'a picture');
  await close(page);
});

test('without it, no number is shown', async () => {
  const page = await open(browser, `${url}/`);
  await page.waitForTimeout(1500);
  assert.equal(await page.locator('#link[data-link="live"]').count(), 0);
  assert.equal(await page.locator('#ici').textContent(), '–');
  await close(page, { errors: [/401/, /WebSocket/] });
});
