// SPDX-License-Identifier: GPL-3.0-or-later
// docs/clients/browser: hydra, p5.js, three.js and OBS, each from the origin that it has.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';
import { clarity, close, launch, open, picture, PATIENCE_MS, until, url } from './browser.mjs';

const folder = path.dirname(fileURLToPath(import.meta.url));
const examples = path.join(folder, '../../docs/clients/browser');
const modules = path.join(folder, '../node_modules');
const files = {
  'hydra-synth.js': `${modules}/hydra-synth/dist/hydra-synth.js`,
  'p5.min.js': `${modules}/p5/lib/p5.min.js`,
  'three.module.js': `${modules}/three/build/three.module.js`,
  'three.core.js': `${modules}/three/build/three.core.js`,
};
const { host } = new URL(url);
const options = { viewport: { width: 480, height: 270 } }; // software draws it

const find = (address) => {
  const name = path.basename(new URL(address, 'http://localhost').pathname);
  return files[name] ?? path.join(examples, name);
};

// The examples, with what they need beside them, from this machine.
const server = http.createServer((request, response) => {
  const there = fs.existsSync(find(request.url)); // an icon is not
  response.writeHead(there ? 200 : 204, { 'Content-Type': request.url.includes('.js') ? 'text/javascript' : 'text/html' });
  response.end(there ? fs.readFileSync(find(request.url)) : '');
});

let browser;
before(async () => {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const local = `absolute 127.0.0.1:${server.address().port} , MAP localhost`;
  browser = await launch({ local, flags: ['--enable-unsafe-swiftshader'] });
});
after(async () => {
  await browser.close();
  server.close();
});

// page.messages counts what streams bring.
async function blank() {
  const page = await open(browser, 'about:blank', options);
  page.messages = 0;
  page.on('websocket', (socket) => socket.on('framereceived', () => { page.messages++; }));
  return page;
}

// As a page of that site, which the user lets into the local network when the browser asks.
async function away(origin, name) {
  const page = await blank();
  await page.context().grantPermissions(['local-network-access'], { origin });
  await page.route(`${origin}/**`, (route) => route.fulfill({ path: find(route.request().url()) }));
  await page.goto(`${origin}/${name}?host=${host}`);
  return page;
}

async function here(address) {
  const page = await blank();
  await page.goto(`${address}?host=${host}`);
  return page;
}

// Two looks at it differ while messages come.
async function moves(page) {
  const look = async () => (await page.screenshot({ timeout: PATIENCE_MS })).toString('base64');
  await until(() => page.messages > 10, 'messages');
  const first = await look();
  await until(async () => await look() !== first, 'the picture to move');
}

for (const [name, origin] of [['hydra', 'https://hydra.ojack.xyz'], ['p5', 'https://preview.p5js.org']]) {
  test(`${name} at ${origin}`, async () => {
    const page = await away(origin, `${name}.html`);
    await moves(page);
    await picture(page, `art-${name}`);
    await close(page, { hosts: [new URL(origin).hostname] });
  });
}

test('three.js, from this machine', async () => {
  const page = await here(`http://localhost:${server.address().port}/three.html`);
  await moves(page);
  await picture(page, 'art-three');
  await close(page, { hosts: ['localhost'] });
});

test('an origin that nobody allowed', async () => {
  const page = await away('https://example.org', 'p5.html');
  await until(() => page.errors.some((text) => /403/.test(text)), 'the refusal');
  assert.equal(page.messages, 0);
  await close(page, { errors: [/WebSocket/], hosts: ['example.org'] });
});

for (const [name, address] of [['a file', pathToFileURL(path.join(examples, 'obs.html'))], ['a file as older ones say it', 'http://absolute/obs.html']]) {
  test(`OBS, from ${name}`, async () => {
    const page = await here(address);
    await moves(page);
    const { clear, all } = await clarity(page);
    assert.ok(clear > all / 2 && clear < all, `${clear} of ${all} clear`);
    await close(page, { hosts: ['absolute'] });
  });
}
