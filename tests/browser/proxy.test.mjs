// SPDX-License-Identifier: GPL-3.0-or-later
// The pages behind a proxy, at the root of its server and under a path of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, live, open, painted, until, url } from './browser.mjs';

const origin = process.env.PHICAST_ORIGIN;
const { hostname, host } = new URL(origin);

let browser;
before(async () => { browser = await launch({ local: hostname }); });
after(() => browser.close());

const shows = (page) => until(async () => await painted(page, '#picture') > 6000, 'a picture');
const metrics = async () => (await fetch(`${url}/api/metrics`)).json();

// What the page asks for is noted down.
async function visit(address) {
  const page = await open(browser, 'about:blank', { ignoreHTTPSErrors: true });
  page.asked = [];
  page.on('request', (request) => page.asked.push(request.url()));
  page.on('websocket', (socket) => page.asked.push(socket.url()));
  await page.goto(address);
  return page;
}

for (const [prefix, depth] of [['/', 0.25], ['/phicast/', 0.75]]) {
  test(`at ${prefix}: live, steering, the visual and back`, async () => {
    const page = await visit(`${origin}${prefix}`);
    await live(page);
    await page.locator('#depth').fill(String(depth));
    await until(async () => Math.abs((await metrics()).phi_depth - depth) < 0.001, `the depth to come to ${depth}`);
    assert.equal(await page.locator('#phi-answer').textContent(), '');
    await page.getByRole('link', { name: 'Visual' }).click();
    await page.waitForURL(`${origin}${prefix}visual`);
    await shows(page);
    await page.keyboard.press('d');
    await page.waitForURL(`${origin}${prefix}`);
    await live(page);
    await page.keyboard.press('v');
    await page.waitForURL(`${origin}${prefix}visual`);
    await shows(page);
    const streams = page.asked.filter((address) => address.startsWith('wss:'));
    assert.ok(streams.length >= 8, streams.join(' '));
    assert.deepEqual(page.asked.filter((address) => !address.replace('wss:', 'https:').startsWith(`${origin}${prefix}`)), []);
    await close(page, { hosts: [hostname] });
  });
}

test('the path without its slash, and as ?host=', async () => {
  const page = await visit(`${origin}/phicast`);
  await page.waitForURL(`${origin}/phicast/`);
  await live(page);
  await page.goto(`${origin}/visual?host=${host}/phicast`);
  await shows(page);
  assert.ok(page.asked.some((address) => address.split('?')[0].endsWith(`${host}/phicast/ws/metrics`)), page.asked.join(' '));
  await close(page, { hosts: [hostname] });
});
