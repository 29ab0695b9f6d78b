// SPDX-License-Identifier: GPL-3.0-or-later
// The pages of a broadcaster that asks for a token: from their own address, which it leaves, or from the field on the page.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import readline from 'node:readline';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, live, open, painted, until } from './browser.mjs';

const { PHICAST_BROADCASTER, PHICAST_NAME, PHICAST_TOKEN_FILE } = process.env;
const TOKEN = 'sesame+1';   // a plus is a blank in a query
const ADDRESSED = 'sesame%2B1';
const refusals = { errors: [/401/, /WebSocket/, /ERR_CONNECTION_REFUSED/, /ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/] };

let browser;
let broadcaster;
let url;
let port = '0';

function setToken(token) {
  fs.writeFileSync(PHICAST_TOKEN_FILE, `${token}\n`, { mode: 0o600 });
}

async function start(token) {
  setToken(token);
  broadcaster = spawn(PHICAST_BROADCASTER, ['-n', PHICAST_NAME, '-p', port, '--bind', '127.0.0.1', '--osc', 'none', '--token-file',
    PHICAST_TOKEN_FILE], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(readline.createInterface(broadcaster.stdout), 'line');
  url = line.replace('listening on ', '').replace(/\/$/, '');
  port = new URL(url).port;
}

async function stop() {
  const ended = once(broadcaster, 'exit');
  broadcaster.kill('SIGTERM');
  await ended;
}

const status = (token) => fetch(`${url}/api/status`, { headers: { Authorization: `Bearer ${token}` } });

async function reload(token) {
  setToken(token);
  broadcaster.kill('SIGHUP');
  await until(async () => (await status(token)).status === 200, 'the new token to count');
}

async function give(page, token) {
  await page.locator('#token').fill(token);
  await page.locator('#ask button').click();
}

const isAsked = (page) => page.locator('#ask').waitFor();
const isNotAsked = (page) => page.locator('#ask').waitFor({ state: 'hidden' });
const shows = (page) => until(async () => await painted(page, '#picture') > 6000, 'a picture');

before(async () => {
  browser = await launch();
  await start(TOKEN);
});
after(async () => {
  await browser.close();
  await stop();
});

test('from the address it opens all, and then it is gone from there', async () => {
  const page = await open(browser, `${url}/?token=${ADDRESSED}`);
  await live(page);
  assert.equal(page.url(), `${url}/`);
  await page.locator('#depth').fill('0.25');
  await until(async () => (await page.locator('#depth-text').textContent()) === '0.250', 'the depth to come to 0.25');
  await until(async () => page.evaluate(async () => Math.abs((await import('./model.js')).model.depth - 0.25) < 0.001), 'the analyser to follow');
  assert.equal(await page.locator('#phi-answer').textContent(), '');
  await page.reload();
  await live(page);
  await page.getByRole('link', { name: 'Visual' }).click();
  await page.waitForURL(`${url}/visual`);
  await shows(page);
  await page.keyboard.press('d');
  await page.waitForURL(`${url}/`);
  await live(page);
  assert.ok(await page.locator('#ask').isHidden());
  await close(page);
});

test('from the fragment, which no server sees; what else stands in the address stays', async () => {
  const seen = [];
  const page = await open(browser, 'about:blank');
  page.on('request', (request) => seen.push(request.url()));
  await page.goto(`${url}/visual?captions=0#token=${ADDRESSED}`);
  await shows(page);
  assert.equal(page.url(), `${url}/visual?captions=0`);
  assert.deepEqual(seen.filter((address) => address.includes('sesame')), []);
  await page.keyboard.press('d');
  await live(page);
  await close(page);
});

test('without one, or with a wrong one, the page says so and takes one', async () => {
  const page = await open(browser, `${url}/`);
  await isAsked(page);
  assert.match(await page.locator('#ask-why').textContent(), /asks for a token/);
  assert.equal(await page.locator('#ici').textContent(), '–');
  await until(async () => (await page.locator('#link').textContent()) === 'not let in', 'the page to say that it is not let in');
  assert.deepEqual(await accessibilityFaults(page, '#ask'), []);
  await page.locator('#token').pressSequentially('fthb'); // which are keys elsewhere on the page
  assert.equal(await page.evaluate(() => document.body.classList.contains('big')), false);
  await give(page, 'not-it');
  await page.getByText('does not take this token').waitFor();
  await give(page, 'nör it');
  await page.getByText('does not take this token').waitFor();
  await give(page, TOKEN);
  await live(page);
  await isNotAsked(page);
  await page.reload();
  await live(page);
  await page.goto(`${url}/?token=wrong`);
  await isAsked(page);
  assert.match(await page.locator('#ask-why').textContent(), /does not take this token/);
  await give(page, TOKEN);
  await live(page);
  await close(page, refusals);
});

test('the visual as well', async () => {
  const page = await open(browser, `${url}/visual`);
  await isAsked(page);
  assert.deepEqual(await accessibilityFaults(page, '#ask'), []);
  await page.locator('#token').pressSequentially('hd');
  assert.ok(await page.locator('#help').isHidden());
  await give(page, TOKEN);
  await shows(page);
  await isNotAsked(page);
  await close(page, refusals);
});

test('a token that changes under an open page', async () => {
  const page = await open(browser, `${url}/?token=${ADDRESSED}`);
  await live(page);
  await reload('another');
  await isAsked(page); // the streams go on, but nothing can be steered
  await give(page, 'another');
  await isNotAsked(page);
  await page.locator('#depth').fill('0.75');
  await until(async () => page.evaluate(async () => Math.abs((await import('./model.js')).model.depth - 0.75) < 0.001), 'the analyser to follow');
  await stop();
  await start('a-third');
  await isAsked(page);
  await page.locator('#link[data-link="locked"]').waitFor();
  await give(page, 'a-third');
  await live(page);
  await reload(TOKEN);
  await isAsked(page);
  await reload('a-third'); // which the page has
  await isNotAsked(page);
  await close(page, refusals);
});

// A stranger's server, which keeps what it is asked.
async function listen() {
  const requests = [];
  const server = http.createServer((request, response) => { requests.push(request); response.writeHead(404).end(); });
  server.on('upgrade', (request, socket) => { requests.push(request); socket.destroy(); });
  server.unref().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, requests, host: `127.0.0.1:${server.address().port}` };
}

test('another broadcaster is not told this one\'s', async () => {
  const { server, requests, host } = await listen();
  const page = await open(browser, `${url}/?token=a-third`);
  await live(page);
  await page.goto(`${url}/visual?host=${host}`);
  await until(() => requests.some((r) => r.headers.upgrade) && requests.some((r) => !r.headers.upgrade), 'the page to try');
  assert.deepEqual(requests.filter((r) => r.url.includes('token') || r.headers.authorization || r.headers.cookie).map((r) => r.url), []);
  await close(page, { errors: [...refusals.errors, /404|CORS|ERR_FAILED/] });
  server.closeAllConnections();
  server.close();
});
