// SPDX-License-Identifier: GPL-3.0-or-later
// The page for who may look only, and for who hands it on: no dead controls, the link and its QR code, the screen that stays on.
import assert from 'node:assert/strict';
import os from 'node:os';
import { after, before, test } from 'node:test';
import jsQR from 'jsqr';
import { accessibilityFaults, close, desktop, launch, live, open, phone, picture, until } from './browser.mjs';

const { PHICAST_PORT } = process.env;
const STEERS = 'it+steers'; // a plus is a blank in a query
const LOOKS = 'it-looks';
const HERE = `http://127.0.0.1:${PHICAST_PORT}`;
const NAME = os.hostname();
const THERE = `http://${NAME.toLowerCase()}:${PHICAST_PORT}`; // as another machine would: no secure context
const CONTROLS = ['#breathing', '#auto', '#depth', '#phase', '#speed', '#calibrate', '#record', '#target-url', '#target-form button', '#targets button'];

let browser;
before(async () => { browser = await launch({ local: NAME }); });
after(() => browser.close());

const as = (token, at = HERE) => `${at}/#token=${encodeURIComponent(token)}`;
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

// A page that keeps what it asks to be moved.
async function watched(address, options) {
  const page = await open(browser, 'about:blank', options);
  page.moves = [];
  page.asked = [];
  page.on('request', (request) => {
    page.asked.push(new URL(request.url()).pathname);
    if (!['GET', 'HEAD'].includes(request.method())) page.moves.push(`${request.method()} ${request.url()}`);
  });
  await page.goto(address);
  await live(page);
  await page.locator('#latency summary').click(); // what calibrates is in there
  return page;
}

test('who may steer has all controls', async () => {
  const page = await watched(as(STEERS));
  for (const control of CONTROLS) await page.locator(control).first().waitFor();
  await page.keyboard.press(']');
  await until(() => page.moves.length === 1, 'the key to steer');
  await close(page);
});

for (const [name, options] of [['desktop', desktop], ['phone', phone]]) {
  test(`who may look only has none, ${name}`, async () => {
    const page = await watched(as(LOOKS), options);
    await page.locator('body[data-access="view"]').waitFor();
    await page.locator('#targets li').waitFor();
    for (const control of CONTROLS) assert.ok(!await page.locator(control).first().isVisible(), control);
    assert.ok(await page.locator('#depth-text').isVisible()); // what it is can be seen
    for (const key of ['[', ']', 'Shift+B', 'Shift+A', 'Shift+C', 'Shift+R']) await page.keyboard.press(key);
    for (const button of await page.locator('main button:visible, #targets-panel button:visible').all()) await button.click();
    assert.ok(await fits(page));
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, `viewer-${name}`, { fullPage: true });
    await page.keyboard.press('h');
    assert.ok(await page.getByText('big numbers, for reading').isVisible());
    assert.ok(!await page.getByText('breathing on, off').isVisible());
    assert.deepEqual(page.moves, []);
    await close(page);
  });
}

// What a camera would read: the code's picture, decoded by somebody else's program.
async function scan(page) {
  const png = (await page.locator('#share-code').screenshot({ scale: 'css' })).toString('base64');
  const { points, width, height } = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = `data:image/png;base64,${source}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data, width: wide, height: high } = context.getImageData(0, 0, image.width, image.height);
    const dark = Array.from({ length: wide * high }, (_, i) => (data[4 * i] < 128 ? '1' : '0')).join('');
    return { points: dark, width: wide, height: high };
  }, png);
  const data = new Uint8ClampedArray(4 * points.length).fill(255);
  for (let i = 0; i < points.length; i++) if (points[i] === '1') data.fill(0, 4 * i, 4 * i + 3);
  return jsQR(data, width, height)?.data;
}

const link = (page) => page.locator('#share-link').getAttribute('href');

test('the link and its code, with the token that is asked for', async () => {
  const page = await watched(as(STEERS, THERE));
  assert.deepEqual(page.asked.filter((path) => /share|uqr|links/.test(path)), []);
  await page.keyboard.press('p');
  await page.locator('#share-code path[d]').waitFor();
  const own = `${THERE}/`;
  assert.equal(await page.locator('#share-at').inputValue(), own); // as it was opened
  assert.equal(await link(page), own);
  assert.match(await page.locator('#share-note').textContent(), /asked for a token/);
  const codes = {};
  for (const [token, value, fragment] of [['none', '', ''], ['viewer', LOOKS, `#token=${LOOKS}`], ['steering', STEERS, '#token=it%2Bsteers']]) {
    await page.locator('#share-token').selectOption(value);
    await page.locator('#share-view').selectOption('stage?show=ici');
    assert.equal(await link(page), `${own}stage?show=ici${fragment}`);
    assert.equal(await page.locator('#share-link').textContent(), await link(page));
    codes[token] = await scan(page);
    assert.equal(codes[token], await link(page));
  }
  assert.match(await page.locator('#share-note').textContent(), /can steer.*unencrypted/);
  assert.deepEqual(await accessibilityFaults(page, '#share'), []);
  await picture(page, 'share');
  await page.keyboard.press('t'); // no shortcuts behind it
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), undefined);
  await page.keyboard.press('Escape');
  await until(async () => !(await page.content()).includes(LOOKS), 'the token to go');
  assert.deepEqual(page.moves, []);
  await close(page, { hosts: [new URL(THERE).hostname] });
  const stage = await open(browser, codes.viewer, phone);
  await until(async () => /^\d\.\d\d$/.test(await stage.locator('.value').textContent()), 'a number on the phone');
  assert.equal(stage.url(), `${own}stage?show=ici`);
  await until(async () => /https:\/\/ pages alone/.test(await stage.locator('#awake-why').textContent()), 'it to say so');
  await close(stage, { hosts: [new URL(THERE).hostname] });
});

test('who may look only hands on what he has; where nobody else can come, it says how they could', async () => {
  const page = await watched(as(LOOKS), phone);
  let urls = ['http://192.168.1.2:8000', 'http://[2001:db8::2]:8000'];
  const answers = [];
  await page.route('**/api/links', async (route) => {
    const answer = await (await route.fetch()).json();
    answers.push(answer);
    await route.fulfill({ json: { ...answer, urls } });
  });
  await page.locator('#share-ask').click();
  await page.locator('#share-code path[d]').waitFor();
  assert.equal(answers[0].viewer_token, null);
  assert.equal(await link(page), 'http://192.168.1.2:8000/');
  await page.locator('#share-at').selectOption('http://[2001:db8::2]:8000/');
  await page.locator('#share-token').selectOption(LOOKS);
  assert.equal(await page.locator('#share-token option').count(), 2);
  assert.equal(await link(page), `http://[2001:db8::2]:8000/#token=${LOOKS}`);
  assert.equal(await scan(page), await link(page));
  assert.ok(await fits(page));
  const box = await page.locator('#share').boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= phone.viewport.width, JSON.stringify(box));
  await picture(page, 'share-phone');
  await page.getByRole('button', { name: 'Close' }).click();
  urls = [];
  await page.locator('#share-ask').click();
  await page.getByText('--bind 0.0.0.0').waitFor();
  assert.ok(!await page.locator('#share-code').isVisible());
  assert.deepEqual(await accessibilityFaults(page, '#share'), []);
  await close(page);
});

// The browser's own word on the lock, which tells when it is given and taken.
const locks = (page) => page.evaluate(() => window.locks);
const hide = (page, hidden) => page.evaluate((value) => {
  Object.defineProperty(document, 'hidden', { value, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

test('the screen stays on, again after it was not seen, and until it is switched off', async () => {
  const page = await open(browser, 'about:blank');
  await page.addInitScript(() => {
    window.locks = [];
    const { request } = WakeLock.prototype;
    WakeLock.prototype.request = async function asked(kind) {
      const lock = await request.call(this, kind);
      window.locks.push(lock);
      return lock;
    };
  });
  await page.goto(as(LOOKS));
  const on = page.locator('#awake[aria-pressed="true"]');
  await page.locator('#awake').click();
  await until(async () => (await locks(page)).length === 1, 'a lock');
  await on.waitFor();
  await hide(page, true);
  await page.evaluate(() => window.locks[0].release()); // as the browser does
  await hide(page, false);
  await until(async () => (await locks(page)).length === 2, 'another lock');
  await page.reload();
  await until(async () => (await locks(page)).length === 1, 'a lock again: it is remembered');
  await on.waitFor();
  await page.keyboard.press('w');
  await until(() => page.evaluate(() => window.locks[0].released), 'the lock to be given back');
  await page.evaluate(() => { WakeLock.prototype.request = () => Promise.reject(new DOMException('low battery', 'NotAllowedError')); });
  await page.keyboard.press('w');
  await page.getByText('the browser does not keep it on (low battery)').waitFor();
  assert.equal(await page.locator('#awake').getAttribute('aria-pressed'), 'false');
  await close(page);
});
