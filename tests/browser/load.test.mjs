// SPDX-License-Identifier: GPL-3.0-or-later
// 64 channels of real sound: what the pages weigh, show and keep. How fast they are: scripts/bench live.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, desktop, illustrate, launch, live, open, painted, picture, pictures, until, url } from './browser.mjs';

const ASSETS_MAX = 170 * 1000; // bytes
const HEAP_GROWTH_MAX = 10e6;  // bytes
const MESSAGES = 108000;       // an hour at 30 Hz

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

test('live, and small', async () => {
  const page = await open(browser, 'about:blank');
  const sizes = []; // of the page; what it asks the server for depends on how many channels there are, and how fast all is
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/api/')) sizes.push(response.body().then((body) => body.length, () => 0));
  });
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById('link')?.dataset.link === 'live' &&
    document.querySelectorAll('#channels li').length === 64);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  assert.ok(bytes > 0 && bytes < ASSETS_MAX, `${bytes} bytes`);
  await close(page);
});

for (const path of ['/', '/visual']) {
  test(`${path}: a picture with 64 channels`, async () => {
    const page = await open(browser, url + path, desktop);
    await until(async () => await painted(page, path === '/' ? '#meters' : '#picture') > 10000, 'a picture');
    if (path === '/') {
      if (pictures) await page.waitForTimeout(31000); // the curves fill up
      await illustrate(page, 'dashboard-64');
    } else await picture(page, 'visual-64', { fullPage: true });
    await close(page);
  });
}

// Plays so many messages through the page's own handlers, letting it draw in between.
const replay = (page, count) => page.evaluate(async (messages) => {
  const { model, onEvent, onLatency, onMetrics } = await import('/model.js');
  const metrics = await (await fetch('/api/metrics')).json();
  const latency = await (await fetch('/api/latency')).json();
  for (let i = 0; i < messages; i++) {
    metrics.frame = model.frame + 1;
    metrics.timestamp += 1 / 30;
    metrics.ici = Math.random();
    onMetrics(JSON.stringify(metrics));
    if (i % 3 === 0) onLatency(JSON.stringify(latency));
    if (i % 30 === 0) {
      onEvent(JSON.stringify({ type: 'critical_event', timestamp: metrics.timestamp, criticality: 2, duration_ms: i, peak_ici: 1 }));
    }
    if (i % 500 === 0) await new Promise(requestAnimationFrame);
  }
  return model.refused;
}, count);

test('an hour of messages leaves nothing behind', async (t) => {
  const page = await open(browser, url);
  await live(page);
  const session = await page.context().newCDPSession(page);
  const used = async () => {
    await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  await replay(page, 2000);
  const first = await used();
  assert.equal(await replay(page, MESSAGES), 0, 'messages refused');
  const grown = await used() - first;
  t.diagnostic(`heap ${(first / 1e6).toFixed(1)} MB, grown by ${(grown / 1e6).toFixed(2)} MB after ${MESSAGES} messages`);
  assert.ok(grown < HEAP_GROWTH_MAX, `${grown} bytes`);
  await close(page);
});
