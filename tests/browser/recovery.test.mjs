// SPDX-License-Identifier: GPL-3.0-or-later
// The broadcaster stops, dies and comes back under an open page.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import readline from 'node:readline';
import { after, before, test } from 'node:test';
import { close, launch, live, open, picture } from './browser.mjs';

const { PHICAST_BROADCASTER, PHICAST_NAME } = process.env;

let browser;
let broadcaster;
let url;
let port = '0';

async function start() {
  broadcaster = spawn(PHICAST_BROADCASTER, ['-n', PHICAST_NAME, '-p', port, '--osc', 'none'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(readline.createInterface(broadcaster.stdout), 'line');
  url = line.replace('listening on ', '').replace(/\/$/, '');
  port = new URL(url).port;
}

async function stop(signal) {
  const ended = once(broadcaster, 'exit');
  broadcaster.kill(signal);
  await ended;
}

before(async () => {
  browser = await launch();
  await start();
});
after(async () => {
  await browser.close();
  await stop('SIGTERM');
});

test('stale, offline, and back by itself', async (t) => {
  const page = await open(browser, url);
  await live(page);
  const shown = page.evaluate(() => new Promise((resolve) => {
    const link = document.getElementById('link');
    new MutationObserver(async (changes, observer) => {
      if (link.dataset.link === 'live') return;
      const at = performance.now();
      observer.disconnect();
      resolve({ link: link.dataset.link, after: at - (await import('/model.js')).model.movedAt });
    }).observe(link, { attributes: true });
  }));
  broadcaster.kill('SIGSTOP');
  const { link, after: ms } = await shown;
  assert.equal(link, 'stale');
  t.diagnostic(`stale is shown ${ms.toFixed(0)} ms after the last frame`); // scripts/bench live judges that
  await picture(page, 'stale');
  await stop('SIGKILL');
  await page.locator('#link[data-link="offline"]').waitFor();
  assert.match(await page.locator('#link').textContent(), /offline, trying again/);
  await page.waitForTimeout(3000); // a few tries in vain
  await picture(page, 'offline');
  await start();
  await live(page);
  const back = await page.locator('#frame').textContent();
  await page.waitForFunction((text) => document.getElementById('frame').textContent !== text, back);
  await close(page, { errors: [/ERR_CONNECTION_REFUSED/, /ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/] });
});
