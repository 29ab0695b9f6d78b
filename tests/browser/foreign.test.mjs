// SPDX-License-Identifier: GPL-3.0-or-later
// Pages of other sites, with a broadcaster on this machine: what they try, and that one which is let in can do it.
// test_foreign.py looks whether anything has moved.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, launch, open, url } from './browser.mjs';

const evil = process.env.PHICAST_EVIL;   // origins: one that nobody allowed
const stage = process.env.PHICAST_STAGE; // and one that is
const STEER = '{"depth":0.75}';
let browser;

before(async () => {
  browser = await launch({ local: '*.example' });
});
after(() => browser.close());

// A whole request, as a page would like it to be found in a body's tail.
const hidden = `POST /api/phi HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${STEER.length}\r\n\r\n${STEER}`;

test('what a browser sends without asking first moves nothing and tells nothing', async () => {
  const page = await open(browser, `${evil}/`);
  const results = await page.evaluate(async ({ target, steer, tail }) => {
    const send = (path, body, options = {}) => fetch(target + path, { method: 'POST', body, mode: 'no-cors', ...options })
      .then((answer) => answer.type, () => 'failed');
    const seen = [];
    for (const path of ['/api/phi', '/x', '/healthz', '/', '/ws/metrics', '/api/phi%0a', '/%0d%0aHost:%20127.0.0.1%0d%0a%0d%0a', '/?%0a']) {
      for (const padding of [0, 1000, 1024, 4000, 4096, 8192, 16384, 60000]) {
        seen.push(await send(path, 'x'.repeat(padding) + tail));
      }
      seen.push(await send(path, steer));
      seen.push(await send(path, new URLSearchParams({ depth: '0.75' })));
      seen.push(await send(path, new Blob([steer], { type: 'text/plain' }), { keepalive: true }));
      await fetch(target + path, { mode: 'no-cors' }).catch(() => {});
    }
    navigator.sendBeacon(`${target}/api/phi`, steer);
    return seen;
  }, { target: url, steer: STEER, tail: hidden });
  assert.ok(results.length > 80);
  assert.deepEqual(results.filter((type) => type !== 'opaque' && type !== 'failed'), []); // none could be read
  await page.context().close();
});

test('nor what it asks about first', async () => {
  const page = await open(browser, `${evil}/`);
  const results = await page.evaluate(async ({ target, steer }) => {
    const fate = (promise) => promise.then(() => 'done', () => 'refused');
    return [
      await fate(fetch(`${target}/api/phi`, { method: 'POST', body: steer, headers: { 'Content-Type': 'application/json' } })),
      await fate(fetch(`${target}/api/calibrate`, { method: 'POST', headers: { Authorization: 'Bearer x' } })),
      await fate(fetch(`${target}/api/phi`, { method: 'PUT', body: steer })),
      await fate(fetch(`${target}/api/osc/targets`, {
        method: 'POST', body: '{"url":"osc.udp://127.0.0.1:9"}', headers: { 'Content-Type': 'application/json' },
      })),
      await fate(fetch(`${target}/api/osc/targets/1`, { method: 'DELETE' })),
      await fate(fetch(`${target}/api/status`)),
    ];
  }, { target: url, steer: STEER });
  assert.deepEqual(new Set(results), new Set(['refused']));
  await page.context().close();
});

test('nor a form', async () => {
  for (const path of ['/api/phi', '/x']) {
    for (const name of [STEER.slice(0, -1), `${'x'.repeat(4096)}${hidden}`]) {
      const page = await open(browser, `${evil}/`);
      const ended = new Promise((resolve) => { // answered, or hung up on
        page.on('response', (answer) => answer.url() === url + path && resolve(answer.status()));
        page.on('requestfailed', (request) => request.url() === url + path && resolve(0));
      });
      await page.evaluate(({ action, field }) => {
        const form = document.body.appendChild(document.createElement('form'));
        Object.assign(form, { action, method: 'post', enctype: 'text/plain' });
        form.appendChild(Object.assign(document.createElement('input'), { name: field, value: '}' }));
        form.submit();
      }, { action: url + path, field: name });
      const code = await ended;
      assert.ok(code === 0 || code >= 400, `${code}`);
      await page.context().close();
    }
  }
});

test('nor a WebSocket', async () => {
  const page = await open(browser, `${evil}/`);
  const messages = await page.evaluate(async (target) => {
    let count = 0;
    await Promise.all(['metrics', 'latency', 'events?replay=20'].map((stream) => new Promise((ended) => {
      const socket = new WebSocket(`${target}/ws/${stream}`);
      socket.onmessage = () => { count += 1; };
      socket.onclose = ended;
    })));
    return count;
  }, url.replace('http', 'ws'));
  assert.equal(messages, 0);
  await page.context().close();
});

test('a page that is let in watches, reads and steers', async () => {
  const page = await open(browser, `${stage}/`);
  const result = await page.evaluate(async ({ target, steer }) => {
    const status = await (await fetch(`${target}/api/status`)).json();
    const posted = await fetch(`${target}/api/phi`, { method: 'POST', body: steer, headers: { 'Content-Type': 'application/json' } });
    const wrong = await fetch(`${target}/api/phi`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } });
    const frame = await new Promise((got, failed) => {
      const socket = new WebSocket(`${target.replace('http', 'ws')}/ws/metrics`);
      socket.onmessage = (message) => { got(JSON.parse(message.data).frame); socket.close(); };
      socket.onerror = failed;
    });
    return { service: status.service, posted: [posted.status, await posted.json()], wrong: [wrong.status, (await wrong.json()).detail], frame };
  }, { target: url, steer: '{"rate":0.5}' });
  assert.equal(result.service, 'phicast');
  assert.deepEqual(result.posted, [202, { accepted: ['rate'] }]);
  assert.equal(result.wrong[0], 400);
  assert.match(result.wrong[1], /asks for nothing/);
  assert.ok(result.frame > 0);
  await close(page, { errors: [/400/], hosts: ['stage.example'] });
});
