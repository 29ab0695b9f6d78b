// SPDX-License-Identifier: GPL-3.0-or-later
// The visual's scenes, its address, and fingers; the sound is written here.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { accessibilityFaults, clarity, close, launch, open, painted, phone, picture, until, url } from './browser.mjs';
import { Script } from './script.mjs';

const SCENES = ['waves', 'ridges', 'ripples', 'orbits'];
const WEIGHT_MAX = 100 * 1000; // bytes
const onset = { type: 'onset', timestamp: 1, strength: 0.8, band: 2 };
const small = { viewport: { width: 640, height: 360 } }; // software draws it

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

function sounding(channels = 8) {
  const script = new Script();
  script.bands = [0.3, 0.2, 0.1, 0.2, 0.1, 0.05, 0.02, 0.01];
  setChannels(script, channels);
  return script;
}

function setChannels(script, count, amplitude = 0.25) {
  script.amplitude = Array(count).fill(amplitude);
  script.levels = script.amplitude.map((a) => ({ rms: a / Math.SQRT2, peak: a, clipped: 0 }));
}

const drawn = (page) => page.locator('#picture').evaluate((canvas) => canvas.toDataURL());
const shows = (page) => until(async () => await painted(page, '#picture') > 300, 'a picture');
const said = (page) => page.locator('#said').textContent();
const faults = (page) => page.locator('#faults li').allTextContents();

async function moves(page) {
  const first = await drawn(page);
  await until(async () => await drawn(page) !== first, 'the picture to move');
}

for (const name of SCENES) {
  test(`${name}: 1, 8 and 64 channels, and silence`, async () => {
    const script = sounding(1);
    const page = await script.open(browser, '/visual', small);
    let bytes = 0;
    page.on('response', (response) => response.body().then((body) => { bytes += body.length; }, () => {})); // of a page left: none
    await page.goto(`${url}/visual?scene=${name}&captions=0`);
    for (const channels of [1, 8, 64]) {
      setChannels(script, channels);
      await page.waitForFunction(async (n) => (await import('./model.js')).model.channels === n, channels);
      script.event(onset);
      await shows(page);
      await moves(page);
    }
    await picture(page, `scene-${name}`);
    assert.ok(bytes > 0 && bytes < WEIGHT_MAX, `${bytes} bytes`);
    setChannels(script, 8, 0);
    await until(async () => await painted(page, '#picture') === 0, 'silence to be empty');
    assert.deepEqual(await faults(page), []);
    await script.close(page, close);
  });
}

test('S goes through them, and the address with it', async () => {
  const script = sounding();
  const page = await script.open(browser, '/visual?detail=0.1', small);
  await page.getByText('full screen').first().waitFor(); // the hint
  assert.deepEqual(await accessibilityFaults(page), []);
  for (const name of [...SCENES.slice(1), SCENES[0]]) {
    await page.keyboard.press('s');
    await until(async () => await said(page) === name, name);
    assert.equal(page.url(), `${url}/visual?detail=0.1&scene=${name}`);
    await shows(page);
  }
  await page.keyboard.press('Shift+S');
  await until(async () => await said(page) === 'orbits', 'the one before');
  await page.locator('#hint').waitFor({ state: 'hidden' });
  await script.close(page, close);
});

test('ripples: an onset leaves rings, none with less motion', async () => {
  for (const [reducedMotion, rings] of [['no-preference', true], ['reduce', false]]) {
    const script = sounding(1);
    const page = await script.open(browser, '/visual?scene=ripples', { ...small, reducedMotion });
    await page.evaluate(() => { // how wide the widest oval has been
      const { prototype } = CanvasRenderingContext2D;
      const { ellipse } = prototype;
      window.widest = 0;
      prototype.ellipse = function measured(...rest) {
        window.widest = Math.max(window.widest, rest[2]);
        return ellipse.apply(this, rest);
      };
    });
    await page.waitForFunction(() => window.widest > 0);
    await until(() => script.sockets.events.size === 2, 'both streams of events');
    const { frame } = script;
    script.event(onset);
    if (rings) await page.waitForFunction(() => window.widest > innerWidth / 4);
    await until(() => script.frame > frame + 60, 'two seconds of messages');
    assert.equal(await page.evaluate(() => window.widest > innerWidth / 4), rings);
    await script.close(page, close);
  }
});

test('a scene of one\'s own, as the documentation has it', async () => {
  const [, code] = /```js\n(\/\/ scene-mine\.js[^]*?)```/.exec(fs.readFileSync(process.env.PHICAST_VISUALS_PAGE, 'utf8'));
  const script = sounding();
  const page = await script.open(browser, '/visual?captions=0', small);
  await page.route('**/scene-mine.js', (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
  await page.goto(`${url}/visual?scene=mine`);
  await shows(page);
  await page.keyboard.press('s');
  await until(async () => await said(page) === 'waves', 'the first one again');
  script.bands = null; // which it cannot do without
  await page.keyboard.press('Shift+S');
  await page.getByText('mine: this server sends no bands').waitFor();
  await script.close(page, close);
});

test('a scene that fails, or is not there, says so', async () => {
  const script = sounding();
  const page = await script.open(browser, '/visual', small);
  const body = 'export default { parts: [], draw() { throw new Error("out of paint"); } };';
  await page.route('**/scene-bad.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
  await page.goto(`${url}/visual?scene=bad`);
  await page.getByText('bad: out of paint').waitFor();
  await page.keyboard.press('s');
  await shows(page);
  await page.goto(`${url}/visual?scene=nowhere`);
  await page.getByText('there are waves, ridges, ripples, orbits').waitFor();
  await shows(page);
  assert.equal((await faults(page)).length, 1);
  await script.close(page, (it) => close(it, { errors: [/out of paint/, /404/] }));
});

test('what is wrong in the address is named', async () => {
  const query = 'scene=No%20such&colors=1&background=x&detail=7&captions=maybe&transparent=2&colour=1';
  const page = await open(browser, `${url}/visual?${query}`, small);
  await until(async () => (await faults(page)).length === 7, 'seven faults');
  for (const part of [/^scene=No such: /, /^colors=1: .*2 to 8/, /^background=x: /, /^detail=7: .*0\.1 to 1/, /^captions=maybe: /,
    /^transparent=2: /, /^colour: .*colors/]) {
    assert.ok((await faults(page)).some((fault) => part.test(fault)), String(part));
  }
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.goto(`${url}/visual?rate=often&add=bass&fbclid=1`); // what passes links on adds names
  await until(async () => (await faults(page)).length === 2, 'two faults');
  assert.match((await faults(page)).join(), /rate=often: .*1 to 120.*add=bass: .*levels,bands,onsets/);
  await close(page);
});

test('transparent: what is not drawn is not there', async () => {
  const script = sounding(4);
  const page = await script.open(browser, '/visual?transparent&scene=orbits', small);
  await shows(page);
  const { clear, all } = await clarity(page);
  assert.ok(clear > all / 2 && clear < all, `${clear} of ${all} clear`);
  assert.equal(await page.locator('#hint').isVisible(), false);
  await page.goto(`${url}/visual?transparent&scene=waves`);
  await shows(page);
  const waves = await clarity(page);
  assert.ok(waves.clear > 0 && waves.clear < waves.all, `${waves.clear} of ${waves.all} clear`);
  setChannels(script, 4, 0);
  await until(async () => { const now = await clarity(page); return now.clear === now.all; }, 'nothing at all');
  await script.close(page, close);
});

// A finger's way across the picture, in page coordinates.
async function finger(page, from, to, ms) {
  const session = await page.context().newCDPSession(page);
  const point = ([x, y]) => [{ x, y }];
  const start = Date.now() / 1000;
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: point(from), timestamp: start });
  await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: point(to), timestamp: start + ms / 2000 });
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [], timestamp: start + ms / 1000 });
  await session.detach();
}

test('fingers: tap, swipe, hold', async () => {
  const script = sounding();
  const page = await script.open(browser, '/visual', phone);
  await page.getByText('swipe: scene').waitFor();
  await finger(page, [200, 400], [200, 401], 50);
  await until(async () => await said(page) === 'captions off', 'the captions to go');
  await finger(page, [300, 400], [100, 410], 150);
  await until(async () => await said(page) === 'ridges', 'the next scene');
  await finger(page, [100, 400], [300, 410], 150);
  await until(async () => await said(page) === 'waves', 'the scene before');
  await finger(page, [200, 400], [200, 400], 900);
  await page.waitForFunction(() => document.fullscreenElement !== null);
  await script.close(page, close);
});
