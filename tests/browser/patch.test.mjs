// SPDX-License-Identifier: GPL-3.0-or-later
// Patching from the page, in a real server, with two tones to choose from; and whose pages are refused. test_dashboard.py starts it all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, live, open, picture, until, url } from './browser.mjs';

const { PHICAST_SOURCE } = process.env; // feeds nothing yet

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const feeds = async () => (await (await fetch(`${url}/api/sources`)).json()).sources.find(({ name }) => name === PHICAST_SOURCE).feeds;
const post = (body, headers = {}) => fetch(`${url}/api/patch`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(body) });

test('connects, shows it, and disconnects', async () => {
  const page = await open(browser, url, { colorScheme: 'dark' });
  await live(page);
  const row = page.locator('#patch li', { hasText: PHICAST_SOURCE });
  await page.getByText('Nothing feeds the inputs.').waitFor();
  await page.locator('#patch-source').selectOption(PHICAST_SOURCE);
  await page.locator('#patch-channel').selectOption({ label: 'in 2' });
  await page.locator('#patch-form button').click();
  await page.getByText(`${PHICAST_SOURCE} feeds input 2.`).waitFor();
  assert.deepEqual(await feeds(), [1]);
  assert.equal(await row.textContent(), `${PHICAST_SOURCE}→ in 2Disconnect`);
  assert.equal(await page.locator('#patch-source').inputValue(), PHICAST_SOURCE); // what was chosen stays so
  await until(async () => await page.locator('#channels .name').nth(1).textContent() === PHICAST_SOURCE, 'the channel to have its name');
  await until(async () => /^−\d+\.\d$/.test(await page.locator('#channels .db').nth(1).textContent()), 'its sound');
  assert.deepEqual(await accessibilityFaults(page, '#patch-panel'), []);
  await page.locator('#language').selectOption('de');
  await row.getByText('Trennen').waitFor();
  assert.equal(await page.locator('#patch-channel').inputValue(), '1'); // still
  await picture(page, 'patch', { fullPage: true });
  await row.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByText(`${PHICAST_SOURCE} speist Eingang 2 nicht mehr.`).waitFor();
  assert.deepEqual(await feeds(), []);
  assert.equal(await row.count(), 0);
  await post({ source: PHICAST_SOURCE, channel: 0, connected: true }); // somebody else
  await row.getByText('→ in 1').waitFor();
  await close(page);
});

test('what is refused is said', async () => {
  const page = await open(browser, url);
  await live(page);
  await page.route('**/api/sources', async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    json.sources.push({ name: 'gone:out_1', feeds: [] });
    await route.fulfill({ response, json: { ...json, more: 3 } });
  });
  await page.getByText('3 more are not listed.').waitFor();
  await page.locator('#patch-source').selectOption('gone:out_1');
  await page.locator('#patch-form button').click();
  await page.getByText('source: there is no port of that name, or more than one').waitFor();
  await page.unrouteAll({ behavior: 'wait' });
  await close(page, { errors: [/404/] });
});

test('the MQTT broker has a line', async () => {
  const page = await open(browser, 'about:blank');
  const mqtt = { broker: 'mqtts://hall.example:8883', topic: 'phicast/studio', state: 'connected', detail: 'connected', sent: 7, skipped: 1, events_waiting: 2, events_lost: 0 };
  await page.route('**/api/status', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), mqtt } });
  });
  await page.goto(url);
  await page.locator('#mqtt[data-state="open"]').waitFor();
  assert.equal(await page.locator('#mqtt').textContent(), 'mqtts://hall.example:8883phicast/studioconnected7 sent, 1 skipped2 events wait');
  assert.deepEqual(await accessibilityFaults(page, '#mqtt-panel'), []);
  Object.assign(mqtt, { state: 'refused', detail: 'the broker refuses the user or the password' });
  await page.locator('#mqtt[data-state="waiting"]').getByText('the broker refuses').waitFor();
  await page.unrouteAll({ behavior: 'wait' });
  await page.locator('#mqtt-panel').waitFor({ state: 'hidden' }); // a broadcaster without one
  await close(page);
});

test('whose pages were refused, with the option that lets them in', async () => {
  const page = await open(browser, url);
  await live(page);
  assert.ok(await page.locator('#refused-panel').isHidden());
  for (const origin of ['https://show.example', 'https://show.example', 'null']) assert.equal((await post({}, { origin })).status, 403);
  await page.locator('#refused li').nth(1).waitFor();
  const lines = await page.locator('#refused li').allTextContents();
  assert.match(lines[0], /^null1 ×, last at \d\d:\d\d:\d\dnothing lets it in$/);
  assert.match(lines[1], /^https:\/\/show\.example2 ×, last at \d\d:\d\d:\d\dlet in by --allow-origin https:\/\/show\.example$/);
  assert.deepEqual(await accessibilityFaults(page, '#refused-panel'), []);
  await close(page);
});
