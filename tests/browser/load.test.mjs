// SPDX-License-Identifier: GPL-3.0-or-later
// 64 channels of real sound: how fast the page comes, how smoothly it draws, what it costs, what it keeps.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { close, frameTimes, launch, live, open, percentile, picture, url } from './browser.mjs';

const USABLE_MS = 500;
const ASSETS_MAX = 150 * 1000; // bytes
const FRAME_P95_MS = 20;
const HEAP_GROWTH_MAX = 10e6;  // bytes
const MESSAGES = 108000;       // an hour at 30 Hz
const CPU_MAX = 0.05;          // of one core
const TICK_HZ = 100;           // of /proc/PID/stat

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// What other programs take of this machine must not decide: the best of a few tries counts.
async function best(tries, limit, measure) {
  let least = Infinity;
  for (let i = 0; i < tries && least > limit; i++) least = Math.min(least, await measure());
  return least;
}

test('usable at once, and small', async (t) => {
  let bytes = 0;
  const ms = await best(12, USABLE_MS, async () => {
    const page = await open(browser, 'about:blank');
    const sizes = [];
    page.on('response', (response) => sizes.push(response.body().then((body) => body.length, () => 0)));
    await page.goto(url, { waitUntil: 'commit' });
    const usable = await page.waitForFunction(() => document.getElementById('link')?.dataset.link === 'live' &&
      document.querySelectorAll('#channels li').length === 64 && performance.now());
    const took = await usable.jsonValue();
    bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    await close(page);
    return took;
  });
  t.diagnostic(`live with 64 channels ${ms.toFixed(0)} ms after the navigation began; ${bytes} bytes`);
  assert.ok(ms <= USABLE_MS, `${ms} ms`);
  assert.ok(bytes < ASSETS_MAX, `${bytes} bytes`);
});

for (const path of ['/', '/visual']) {
  test(`${path}: smooth with 64 channels`, async (t) => {
    const page = await open(browser, url + path);
    await page.waitForTimeout(5000);
    const p95 = await best(5, FRAME_P95_MS, async () => {
      const times = await frameTimes(page, 600);
      t.diagnostic(`frame times: p50 ${percentile(times, 0.5).toFixed(1)}, p95 ${percentile(times, 0.95).toFixed(1)}, p99 ${percentile(times, 0.99).toFixed(1)} ms`);
      return percentile(times, 0.95);
    });
    await picture(page, path === '/' ? 'channels-64' : 'visual-64', { fullPage: true });
    assert.ok(p95 <= FRAME_P95_MS, `${p95} ms`);
    await close(page);
  });
}

function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICK_HZ;
}

test('the broadcaster has little to do', async (t) => {
  const page = await open(browser, url);
  await live(page);
  const share = await best(3, CPU_MAX, async () => {
    const [cpu, start] = [cpuSeconds(process.env.PHICAST_BROADCASTER_PID), performance.now()];
    await page.waitForTimeout(8000);
    return (cpuSeconds(process.env.PHICAST_BROADCASTER_PID) - cpu) / ((performance.now() - start) / 1000);
  });
  t.diagnostic(`${(share * 100).toFixed(1)} % of a core for one page`);
  assert.ok(share < CPU_MAX, `${share}`);
  await close(page);
});

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
