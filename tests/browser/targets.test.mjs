// SPDX-License-Identifier: GPL-3.0-or-later
// OSC targets from the page, with a receiver of the test's own. test_dashboard.py starts the broadcaster without any target.
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, live, open, phone, picture, until, url } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function receiver() {
  const socket = dgram.createSocket('udp4').unref(); // a test that fails is not waited for
  socket.packets = 0;
  socket.on('message', () => { socket.packets++; });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.target = `osc.udp://127.0.0.1:${socket.address().port}?metrics=1`;
  return socket;
}

const list = async () => (await (await fetch(`${url}/api/osc/targets`)).json()).targets;
const rows = (page) => page.locator('#targets li');
const answer = (page) => page.locator('#target-answer');
async function says(page, pattern) {
  let said;
  await until(async () => pattern.test(said = await answer(page).textContent()), () => `an answer like ${pattern}, not "${said}"`);
}

test('a target is added and removed with the keyboard', async () => {
  const page = await open(browser, url);
  const socket = await receiver();
  await live(page);
  await page.locator('#no-targets').waitFor();
  await page.locator('#target-url').focus();
  await page.keyboard.type(`${socket.target}#fthbvrx`); // keys elsewhere on the page
  assert.equal(await page.evaluate(() => document.body.classList.contains('big')), false);
  for (let i = 0; i < '#fthbvrx'.length; i++) await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await says(page, /is added/);
  assert.equal(await page.locator('#target-url').inputValue(), '');
  await until(() => socket.packets > 5, 'packets');
  await rows(page).getByText('sending').waitFor();
  await until(async () => /^[1-9]\d* sent, 0 dropped$/.test(await rows(page).locator('span').nth(1).textContent()), 'the count to grow');
  assert.equal(await rows(page).locator('b').textContent(), socket.target);
  assert.equal((await list())[0].kept, false);
  assert.ok(await page.locator('#no-targets').isHidden());
  assert.deepEqual(await accessibilityFaults(page, '#targets-panel'), []);
  await picture(page, 'targets', { fullPage: true });
  await page.getByRole('button', { name: `Remove ${socket.target}` }).focus();
  await page.keyboard.press('Enter');
  await says(page, /is removed/);
  await until(async () => await rows(page).count() === 0, 'the row to go');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'target-url');
  assert.deepEqual(await list(), []);
  socket.close();
  await close(page);
});

test('refusals are said in words, and change nothing', async () => {
  const page = await open(browser, url);
  await live(page);
  const add = async (target) => {
    await page.locator('#target-url').fill(target);
    await page.locator('#target-form button').click();
  };
  await add('http://127.0.0.1:9000');
  await says(page, /give osc\.udp:\/\/HOST:PORT, osc\.tcp:\/\/HOST:PORT/);
  assert.equal(await page.locator('#target-url').inputValue(), 'http://127.0.0.1:9000'); // to be mended
  await add('osc.udp://127.0.0.1');
  await says(page, /no port in it/);
  await add('osc.tcp://127.0.0.1:9?map=/etc/passwd');
  await says(page, /map: give a ready-made one/);
  assert.deepEqual(await list(), []);
  await page.locator('#target-keep').check();
  await add('osc.udp://127.0.0.1:9');
  await says(page, /is added/);
  await rows(page).getByText('kept').waitFor();
  await add('osc.udp://127.0.0.1:9');
  await says(page, /already/);
  await fetch(`${url}/api/osc/targets/${(await list())[0].id}`, { method: 'DELETE' }); // as another page would
  await until(async () => await rows(page).count() === 0, 'the row to go');
  await close(page, { errors: [/400|409/] });
});

test('on a phone nothing is cut off', async () => {
  const page = await open(browser, url, phone);
  await live(page);
  await page.locator('#target-url').fill(`osc.udp://${'a-long-name.'.repeat(8)}example:9000/with/a/prefix?map=resolume`);
  await page.locator('#target-form button').click();
  await rows(page).getByText(/example:9000/).waitFor();
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(tooWide <= 0, `${tooWide} px wider than the screen`);
  assert.deepEqual(await accessibilityFaults(page, '#targets-panel'), []);
  await page.getByRole('button', { name: /^Remove/ }).click();
  await until(async () => (await list()).length === 0, 'it to be removed');
  await close(page);
});
