// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard on real sound: four recordings, the analyser breathing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close, illustrate, launch, live, open, painted, phone, picture, pictures, until, url } from './browser.mjs';

const PLOTS = ['ici', 'coherence', 'criticality', 'centroid'];

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const get = async (what) => (await fetch(`${url}/api/${what}`)).json();

test('numbers and pictures move, and the latency is split as docs/latency.md says', async () => {
  const page = await open(browser, url, { colorScheme: 'dark' });
  await live(page);
  for (const id of [...PLOTS, 'frame']) {
    const first = await page.locator(`#${id}`).textContent();
    await until(async () => await page.locator(`#${id}`).textContent() !== first, `#${id} to move`);
    assert.match(await page.locator(`#${id}`).textContent(), /^[\d.\u202f]+$/);
  }
  assert.equal(await page.locator('#channels li').count(), 4);
  assert.equal(await page.locator('#channels .number').first().textContent(), '1'); // ports count from 1
  await until(async () => /^[A-G]♯?-?\d [+−]\d+$/.test(await page.locator('#channels .note').nth(1).textContent()), 'a note');
  await until(async () => /^−\d+\.\d$/.test(await page.locator('#channels .db').nth(1).textContent()), 'a level');
  await until(async () => await page.locator('#events li').count() > 0, 'an event');
  assert.match(await page.locator('#total_latency_ms').textContent(), /^\d+\.\d ms$/);
  const { analyser } = await get('status');
  const rest = (analyser.window / 2 - analyser.period) / analyser.sample_rate * 1000;
  const shown = () => page.evaluate(() => ['#total_latency_ms', ...['converter', 'period', 'window', 'wait'].map(
    (part) => `#parts div:has(.part-${part}) dd`)].map((each) => parseFloat(document.querySelector(each).textContent)));
  const split = async () => {
    const [total, converter, period, window, wait] = await shown();
    return total > 0 && converter === 0 && period === 0 // the sound is a program's
      && Math.abs(window - rest) < 0.06 && Math.abs(window + wait - total) < 0.2;
  };
  await until(split, `the rest of the window to be ${rest} ms of the total`);
  for (const selector of [...PLOTS.map((id) => `#${id}-plot canvas`), '#meters', '#circle', '#breath']) {
    await until(async () => await painted(page, selector) > 300, `${selector} to be drawn`);
  }
  const curve = await page.locator('#ici-plot canvas').evaluate((canvas) => canvas.toDataURL());
  await until(async () => await page.locator('#ici-plot canvas').evaluate((canvas) => canvas.toDataURL()) !== curve, 'the curve to move');
  await picture(page, 'dark', { fullPage: true });
  await close(page);
});

test('steering reaches the analyser', async () => {
  const page = await open(browser, url);
  await live(page);
  await page.locator('#depth').fill('0.25');
  await until(async () => Math.abs((await get('metrics')).phi_depth - 0.25) < 0.001, 'the depth to come to 0.25');
  assert.equal(await page.locator('#phi-answer').textContent(), '');
  await page.locator('#depth').focus();
  await page.keyboard.press('End');
  await until(async () => (await get('metrics')).phi_depth > 0.999, 'the depth to come to 1');
  await page.locator('body').click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('[');
  await until(async () => Math.abs((await get('metrics')).phi_depth - 0.95) < 0.001, 'the depth to come to 0.95');
  await page.locator('#speed').fill('0');
  await until(async () => page.evaluate(async () => Math.abs((await import('/model.js')).model.speed - 1) < 0.05), 'the rate to come to 1 Hz');
  const was = (await get('metrics')).phi_breathing_active;
  await page.locator('#breathing').click();
  await until(async () => (await get('metrics')).phi_breathing_active === !was, 'the breathing to be switched');
  await page.keyboard.press('Shift+B');
  await until(async () => (await get('metrics')).phi_breathing_active === was, 'the breathing to be switched back');
  const sent = [];
  page.on('request', (request) => { if (request.url().endsWith('/api/phi')) sent.push(JSON.parse(request.postData()).breathing); });
  await page.keyboard.press('Shift+B'); // and at once again, before the first has come back
  await page.keyboard.press('Shift+B');
  await until(() => sent.at(-1) === was, 'the second to be sent'); // by itself, or in the first one's place
  await page.locator('#auto').click();
  await page.locator('#auto[aria-pressed="true"]').waitFor();
  await page.locator('#depth').fill('0.618'); // a hand on it suspends auto-phi
  await page.locator('#auto[aria-pressed="false"]').waitFor();
  const elsewhere = (changes) => fetch(`${url}/api/phi`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(changes),
  });
  await until(async () => (await get('status')).analyser.auto_phi === false, 'the page to have been heard');
  await elsewhere({ auto: true, rate: 2 }); // as another page, OSC or MIDI would
  await page.locator('#auto[aria-pressed="true"]').waitFor();
  await until(async () => (await page.locator('#speed-text').textContent()) === '2.00 Hz', 'the slider to follow');
  await elsewhere({ depth: 0.618 });
  await page.locator('#auto[aria-pressed="false"]').waitFor();
  const { analyser } = await get('status');
  const drawn = await page.evaluate(async () => { const { server } = await import('/server.js'); return [server.iciThreshold, server.criticalityThreshold]; });
  assert.deepEqual(drawn, [analyser.ici_threshold, analyser.criticality_threshold]);
  assert.deepEqual(drawn, [0.625, 2.5]); // what this analyser was started with
  await page.locator('#latency summary').click();
  await page.locator('#calibrate').click();
  await until(async () => (await page.locator('#calibrate-answer').textContent()).length > 12, 'an answer to calibrate');
  await close(page);
});

test('keys, themes, help, big numbers', async () => {
  const page = await open(browser, url, { colorScheme: 'light' });
  await live(page);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.keyboard.press('t');
  assert.notEqual(await ground(), light);
  await page.reload(); // the choice is remembered
  await live(page);
  assert.notEqual(await ground(), light);
  await page.keyboard.press('t');
  assert.equal(await ground(), light);
  await page.keyboard.press('h');
  assert.ok(await page.locator('#help').isVisible());
  await page.keyboard.press('Escape');
  assert.ok(!await page.locator('#help').isVisible());
  await page.keyboard.press('f');
  const size = await page.locator('#ici').evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
  assert.ok(size > 120, `${size} px`);
  await picture(page, 'big');
  await page.keyboard.press('f');
  await page.locator('#help-open').click();
  await page.locator('#keys-on').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('f');
  assert.equal(await page.evaluate(() => document.body.classList.contains('big')), false);
  await close(page);
});

test('less motion when asked for', async () => {
  const page = await open(browser, url, { reducedMotion: 'reduce' });
  await live(page);
  const draws = await page.evaluate(() => new Promise((resolve) => {
    const { prototype } = CanvasRenderingContext2D;
    const { clearRect } = prototype;
    let count = 0;
    prototype.clearRect = function counted(...rest) {
      if (this.canvas.id === 'circle') count++;
      return clearRect.apply(this, rest);
    };
    const begin = performance.now();
    setTimeout(() => resolve(count / (performance.now() - begin)), 2000);
  }));
  assert.ok(draws * 1000 <= 2.5, `${draws * 1000} circles a second`);
  await close(page);
});

for (const [name, options] of [['dashboard', { viewport: { width: 1280, height: 800 } }], ['dashboard-phone', phone]]) {
  test(`the documentation's picture ${name}`, { skip: !pictures }, async () => {
    const page = await open(browser, url, { colorScheme: 'dark', ...options });
    await live(page);
    await page.waitForTimeout(31000); // the curves fill up
    await illustrate(page, name);
    await close(page);
  });
}
