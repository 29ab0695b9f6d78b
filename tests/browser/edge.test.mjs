// SPDX-License-Identifier: GPL-3.0-or-later
// An edge's pages and streams: what Node and Chromium got is left in the file PHICAST_OUT, {what: [text]}.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { accessibilityFaults, close, launch, open, painted, picture, until, url } from './browser.mjs';

const MESSAGES = 40;
const got = {};
let browser;
before(async () => { browser = await launch(); });
after(async () => {
  await browser.close();
  fs.writeFileSync(process.env.PHICAST_OUT, JSON.stringify(got));
});

test('Node', async (t) => {
  const path = '/ws/metrics?add=levels,bands,onsets';
  got[`node ${path}`] = [];
  const ws = new WebSocket(url.replace('http', 'ws') + path);
  t.after(() => ws.terminate());
  ws.on('message', (data) => got[`node ${path}`].push(data.toString()));
  await until(() => got[`node ${path}`].length >= MESSAGES, 'messages');
  assert.ok(ws.extensions.includes('permessage-deflate'));
});

test('the audience\'s page', async () => {
  const sockets = [];
  const page = await open(browser, 'about:blank');
  page.on('websocket', (socket) => {
    const frames = [];
    sockets.push(socket.url());
    if (socket.url().includes('metrics')) got[`page ${socket.url()}`] = frames;
    socket.on('framereceived', ({ payload }) => frames.push(payload.toString()));
  });
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(url);
  await until(async () => await painted(page, '#picture') > 6000, 'a picture');
  await until(() => Object.values(got).every((frames) => frames.length >= MESSAGES), 'messages');
  assert.deepEqual(sockets.map((each) => each.slice(each.indexOf('/ws/'))).sort(),
    ['/ws/events', '/ws/metrics?rate=10&add=levels%2Cbands%2Consets']);
  assert.deepEqual(asked.filter((path) => path.startsWith('/api/')), []);
  assert.ok(await page.evaluate(async () => (await import('/model.js')).model.interval) > 0.06, 'ten a second');
  await page.keyboard.press('h');
  await page.getByText('full screen', { exact: true }).waitFor();
  assert.equal(await page.getByText('the dashboard').isVisible(), false);
  await page.keyboard.press('d');
  assert.equal(new URL(page.url()).pathname, '/visual');
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture(page, 'audience');
  await close(page);
});

// Between two messages the picture goes on evenly, and is there when the next one comes.
test('between messages', async () => {
  const page = await open(browser, `${url}/visual`);
  const ways = await page.evaluate(async () => {
    const { model, share } = await import('/model.js');
    model.interval = 0.1;
    model.movedAt = performance.now() + 1000; // so that no time passes here
    let [at, left] = [0, 1.1];
    for (const seconds of [0.3, 0.3, 0.3]) {
      model.movedAt = performance.now() + (left - 0.1) * 1000;
      at += (1 - at) * share(seconds, 9);
      left -= seconds;
    }
    model.movedAt = performance.now() - 1000;
    return [at, share(0.016, 9)];
  });
  assert.ok(Math.abs(ways[0] - 0.9 / 1.1) < 0.01, `${ways[0]}: evenly`);
  assert.equal(ways[1], 1);
  await close(page);
});

test('the example in a browser', async () => {
  const page = await open(browser, `${url}/clients/browser/`);
  await page.getByText('connected to').waitFor();
  await until(async () => Number(await page.locator('#frame').textContent()) > 0, 'frames');
  await close(page);
});
