// SPDX-License-Identifier: GPL-3.0-or-later
// docs/clients/browser, opened from its file, at a broadcaster with token and TLS.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, until } from './browser.mjs';

const { PHICAST_EXAMPLE, PHICAST_HOST, PHICAST_TOKEN } = process.env;
const address = `${PHICAST_EXAMPLE}?tls=1&host=${PHICAST_HOST}`;
const options = { ignoreHTTPSErrors: true };

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const moves = (page) => until(async () => Number(await page.locator('#frame').textContent()) > 0, 'a frame');

test('with the token', async () => {
  const page = await open(browser, `${address}#token=${encodeURIComponent(PHICAST_TOKEN)}`, options);
  await moves(page);
  assert.equal(page.url(), address);
  await page.reload();
  await moves(page);
  await close(page, { hosts: ['localhost'] });
});

test('without it, a hint', async () => {
  const page = await open(browser, address, options);
  await page.locator('#hint').waitFor();
  assert.equal(await page.locator('#frame').textContent(), '–');
  await close(page, { errors: [/401/, /WebSocket/], hosts: ['localhost'] });
});
