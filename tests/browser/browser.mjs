// SPDX-License-Identifier: GPL-3.0-or-later
// Debian's Chromium, watched: what it logs, and whom it talks to. test_dashboard.py says where everything is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const PATIENCE_MS = 120000;
const CHROMIUM = '/usr/bin/chromium-headless-shell';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export const url = process.env.PHICAST_URL;           // of the broadcaster
export const artefacts = process.env.PHICAST_ARTEFACTS;
export const pictures = process.env.PHICAST_PICTURES; // where the documentation's are, when they are to be made anew
const PICTURE_MAX = 120 * 1000;                // bytes, of one of those

export const desktop = { viewport: { width: 1440, height: 900 } };
const small = { viewport: { width: 1136, height: 690 } }; // a desktop's layout, with few pixels to be drawn
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

// local: a name that stands for this machine; there is no other.
export const launch = ({ local = 'localhost', flags = [] } = {}) => chromium.launch({
  executablePath: CHROMIUM,
  args: [...FLAGS, `--host-resolver-rules=MAP ${local} 127.0.0.1, MAP * ~NOTFOUND , EXCLUDE 127.0.0.1`, ...flags],
});

// A page in a profile of its own; page.errors and page.hosts fill up. init is run in it before its own scripts.
export async function open(browser, address, { init, ...options } = {}) {
  const context = await browser.newContext({ ...small, permissions: ['screen-wake-lock'], ...options });
  if (init) await context.addInitScript(init);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.errors = [];
  page.hosts = new Set();
  page.on('console', (message) => { if (message.type() === 'error') page.errors.push(message.text()); });
  page.on('pageerror', (error) => page.errors.push(error.stack));
  context.on('request', (request) => page.hosts.add(new URL(request.url()).hostname));
  page.on('websocket', (socket) => page.hosts.add(new URL(socket.url()).hostname));
  await page.goto(address);
  return page;
}

export async function close(page, { errors = [], hosts = [] } = {}) {
  assert.deepEqual(page.errors.filter((text) => !errors.some((allowed) => allowed.test(text))), [], 'errors on the console');
  assert.deepEqual([...page.hosts].filter((host) => host && ![...hosts, '127.0.0.1'].includes(host)), [], 'requests left the host');
  await page.context().close();
}

// Numbers come, and it is known what may be done: before that, nothing that steers takes the focus.
export async function live(page) {
  await page.locator('#link[data-link="live"]').waitFor();
  await page.locator('[data-access=""]').waitFor({ state: 'detached' });
}

export async function picture(page, name, options = {}) {
  fs.mkdirSync(artefacts, { recursive: true });
  const file = path.join(artefacts, `${name}.png`);
  await page.screenshot({ path: file, timeout: PATIENCE_MS, ...options });
  return file;
}

// The same as WebP, in the documentation's folder, if its pictures are to be made anew; Chromium has the encoder.
export async function illustrate(page, name, options = {}) {
  const png = fs.readFileSync(await picture(page, name, options), 'base64');
  if (!pictures) return;
  const blank = await page.context().newPage();
  const webp = await blank.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext('2d').drawImage(image, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 })).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }, png);
  await blank.close();
  const file = Buffer.from(webp, 'base64');
  assert.ok(file.length < PICTURE_MAX, `${name}: ${file.length} bytes`);
  fs.mkdirSync(pictures, { recursive: true });
  fs.writeFileSync(path.join(pictures, `${name}.webp`), file);
}

// Serious and critical faults that axe finds in a part of the page, as text. Its script comes in beside the page's policy.
export async function accessibilityFaults(page, part = 'html') {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe.source });
  const { violations } = await page.evaluate((where) => window.axe.run(where, { resultTypes: ['violations'] }), part);
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact))
    .map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

// How many pixels of a canvas differ from its most common colour.
export const painted = (page, selector) => page.locator(selector).first().evaluate((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (const pixel of new Uint32Array(data.buffer)) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  return data.length / 4 - [...counts.values()].reduce((most, count) => Math.max(most, count), 0);
});

export async function until(condition, what, timeout = PATIENCE_MS) {
  const end = Date.now() + timeout;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < end, `waited in vain: ${what instanceof Function ? what() : what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

// How many points of the page can be seen through wholly, and how many are there.
export async function clarity(page) {
  const png = await page.screenshot({ omitBackground: true, timeout: PATIENCE_MS });
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, image.width, image.height).data;
    let clear = 0;
    for (let i = 3; i < pixels.length; i += 4) clear += pixels[i] === 0 ? 1 : 0;
    return { clear, all: pixels.length / 4 };
  }, png.toString('base64'));
}
