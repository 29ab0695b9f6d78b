// SPDX-License-Identifier: GPL-3.0-or-later
// Measures the pages of a broadcaster with 64 channels, for live_pages.py: each line is a figure as JSON.
import fs from 'node:fs';
import { close, launch, live, open, url } from '../../browser/browser.mjs';

const broadcaster = Number(process.env.PHICAST_BROADCASTER_PID);
const TICK_HZ = 100; // of /proc/PID/stat

const figure = (what, value, unit, most) => console.log(JSON.stringify({ case: what, value, unit, most }));

// Sorted times between frames, in ms, over so many frames.
const frameTimes = (page, frames) => page.evaluate((count) => new Promise((resolve) => {
  const times = [];
  let last = performance.now();
  function frame(now) {
    times.push(now - last);
    last = now;
    if (times.length < count) requestAnimationFrame(frame);
    else resolve(times.slice(1).sort((a, b) => a - b));
  }
  requestAnimationFrame(frame);
}), frames);

const percentile = (sorted, share) => sorted[Math.floor(share * (sorted.length - 1))];

// After how many ms of a new page's navigation that holds. The page itself says so: being asked would hold it up.
async function after(browser, condition) {
  const watch = `new MutationObserver((changes, observer) => {
    if (!(${condition})()) return;
    observer.disconnect();
    console.debug('after', performance.now());
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })`;
  const page = await open(browser, 'about:blank', { init: { content: watch } });
  const said = page.waitForEvent('console', (message) => message.text().startsWith('after'));
  await page.goto(url, { waitUntil: 'commit' });
  const ms = Number((await said).text().split(' ')[1]);
  await close(page);
  return ms;
}

async function medianAfter(browser, what, condition, most) {
  const times = [];
  for (let i = 0; i < 9; i++) times.push(await after(browser, condition));
  figure(`${what} after the navigation began, median of 9`, times.sort((x, y) => x - y)[4], 'ms', most);
}

async function smooth(browser, path) {
  const page = await open(browser, url + path);
  await page.waitForTimeout(5000);
  const times = await frameTimes(page, 600);
  await close(page);
  return [0.5, 0.95, 0.99].map((share) => percentile(times, share));
}

function cpuSeconds() {
  const fields = fs.readFileSync(`/proc/${broadcaster}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICK_HZ;
}

async function share(browser) {
  const page = await open(browser, url);
  await live(page);
  const [cpu, start] = [cpuSeconds(), performance.now()];
  await page.waitForTimeout(8000);
  const used = (cpuSeconds() - cpu) / ((performance.now() - start) / 1000);
  await close(page);
  return used;
}

// How long after the last frame a page of a broadcaster that stands still says so.
async function stale(browser) {
  const page = await open(browser, url);
  await live(page);
  const shown = page.evaluate(() => new Promise((resolve) => {
    const link = document.getElementById('link');
    new MutationObserver(async (changes, observer) => {
      if (link.dataset.link === 'live') return;
      const at = performance.now();
      observer.disconnect();
      resolve(at - (await import('/model.js')).model.movedAt);
    }).observe(link, { attributes: true });
  }));
  process.kill(broadcaster, 'SIGSTOP');
  const ms = await shown;
  await page.context().close();
  process.kill(broadcaster, 'SIGCONT');
  return ms;
}

const browser = await launch();
await medianAfter(browser, 'dashboard: first number', () => /\d/.test(document.getElementById('ici')?.textContent), 400);
await medianAfter(browser, 'dashboard live with 64 channels', () => document.getElementById('link')?.dataset.link === 'live' &&
  document.querySelectorAll('#channels li').length === 64, 500);
for (const path of ['/', '/visual']) {
  const [p50, p95, p99] = await smooth(browser, path);
  figure(`${path} with 64 channels, between frames, p95`, p95, 'ms', 20);
  figure(`${path} with 64 channels, between frames, p50`, p50, 'ms');
  figure(`${path} with 64 channels, between frames, p99`, p99, 'ms');
}
figure('broadcaster with one page open', 100 * await share(browser), '%', 5);
figure('stale shown after the last frame', await stale(browser), 'ms', 500);
await browser.close();
