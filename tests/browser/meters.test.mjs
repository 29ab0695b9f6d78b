// SPDX-License-Identifier: GPL-3.0-or-later
// Levels, bands, onsets and names: of known tones (test_dashboard.py: tones()), and as a script says them (script.mjs).
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, live, open, phone, picture, until, url } from './browser.mjs';
import { Script } from './script.mjs';

const HELD_MS = 1500; // at least
const TONE_BAND = 4;  // 800 to 1692 Hz: that of 1 kHz

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const value = (text) => Number(text.replace('−', '-').replace(/ dB$/, ''));
const shown = async (page, selector, i = 0) => page.locator(selector).nth(i).textContent();
const reads = (page, selector, i, db) => until(async () => Math.abs(value(await shown(page, selector, i)) - db) <= 0.5,
  `${selector} of channel ${i + 1} to read ${db} dB`);
const isLit = (page, i) => page.locator('.clip').nth(i).evaluate((light) => light.classList.contains('lit'));
const lights = (page, i) => page.locator('.clip').nth(i).and(page.locator('.lit')).waitFor();
const goesOut = (page, i) => until(async () => !await isLit(page, i), `the light of channel ${i + 1} to go out`);
const part = (page, name) => page.evaluate(async (key) => (await import('/parts.js')).parts[key], name);

// How high each band's bar is, in pixels from the bottom.
const bars = (page) => page.evaluate(async () => {
  const { parts } = await import('/parts.js');
  const canvas = document.getElementById('bands');
  const scale = canvas.width / canvas.clientWidth;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const bottom = Math.round((canvas.clientHeight - 22) * scale); // above the names
  const pixel = (x, y) => data.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 4).join();
  return Array.from({ length: parts.bands }, (_, b) => {
    const x = Math.round((30 + (canvas.clientWidth - 30) * (b + 0.5) / parts.bands) * scale);
    const colour = pixel(x, bottom);
    let y = bottom;
    while (y > 0 && colour !== '0,0,0,0' && pixel(x, y) === colour) y--;
    return bottom - y;
  });
});

test('known tones read what they are', async () => {
  const page = await open(browser, url);
  await live(page);
  await reads(page, '.db', 0, -6.02);  // 1 kHz at half of full scale
  await reads(page, '.rms', 0, -9.03);
  await reads(page, '.db', 1, -26.02); // 100 Hz at a twentieth
  await reads(page, '.rms', 1, -29.03);
  await lights(page, 2);               // one sample a second at full scale
  assert.equal(await isLit(page, 0), false);
  assert.equal(await shown(page, '.rms', 3), '–'); // silence
  await until(async () => /^1\.2 kHz −\d+\.\d dB$/.test(await shown(page, '#loudest')), 'the band of 1 kHz to be the loudest');
  await until(async () => {
    const heights = await bars(page);
    return heights.length === 8 && heights.every((height, b) => b === TONE_BAND || height < heights[TONE_BAND]);
  }, 'its bar to be the highest');
  await picture(page, 'meters', { fullPage: true });
  await close(page);
});

// One page for what a script says, from the clip light to nonsense.
const script = new Script();
let page;

test('a clip light stays until it is put out', async () => {
  script.levels[0].clipped = 5; // which was before the page came
  page = await script.open(browser);
  await live(page);
  const light = page.locator('.clip').nth(0);
  await until(async () => await page.locator('.clip').count() === 2, 'lights');
  const clip = async () => {
    script.levels[0].clipped += 1;
    await lights(page, 0);
  };
  await until(async () => await part(page, 'levels'), 'levels');
  assert.equal(await isLit(page, 0), false);
  await clip();
  assert.equal(await light.getAttribute('aria-label'), 'clip light of channel 1, on: put it out');
  const { frame } = script;
  await until(() => script.frame > frame + 30, 'a second');
  assert.equal(await isLit(page, 0), true);
  assert.equal(await isLit(page, 1), false);
  assert.deepEqual(await accessibilityFaults(page, '#channels-panel'), []);
  await light.click();
  await goesOut(page, 0);
  assert.equal(await light.getAttribute('aria-label'), 'clip light of channel 1, off');
  await clip();
  await light.focus();
  await page.keyboard.press('Enter');
  await goesOut(page, 0);
  await clip();
  await page.keyboard.press('x');
  await goesOut(page, 0);
  await clip();
  await script.cut(); // whoever answers next may count anew
  script.levels[0].clipped = 0;
  await goesOut(page, 0);
  await live(page);
  await clip();
});

test('a peak holds and falls', async () => {
  script.levels[0] = { rms: 0.1, peak: 0.5, clipped: 0 };
  await reads(page, '.db', 0, -6.02);
  const watched = page.evaluate(async () => {
    const { parts } = await import('/parts.js');
    const db = document.querySelector('.db');
    const turn = () => new Promise(requestAnimationFrame);
    while (db.textContent === '−6.0') await turn();
    const to = performance.now();
    const from = parts.held.at[0];
    const steps = new Set();
    while (db.textContent !== '−20.0') { steps.add(db.textContent); await turn(); }
    return [to - from, steps.size];
  });
  script.levels[0] = { rms: 0.1, peak: 0.1, clipped: 0 };
  const [held, fall] = await watched;
  assert.ok(held >= HELD_MS, `held for ${held} ms`);
  assert.ok(fall >= 1, 'it falls, and does not jump');
  await reads(page, '.rms', 0, -20);
});

test('names stand beside the numbers, and change', async () => {
  script.names = ['Kick', ''];
  const are = (...names) => until(async () => (await page.locator('#channels .name').allTextContents()).join() === names.join(), `${names}`);
  await are('Kick', 'in 2');
  assert.deepEqual(await page.locator('#channels .number').allTextContents(), ['1', '2']);
  script.names = ['Kick <b>', 'system:capture_2'];
  await are('Kick <b>', 'system:capture_2');
  script.names = ['', ''];
  await are('in 1', 'in 2');
});

const onset = { type: 'onset', timestamp: 1e9, strength: 0.8, band: 3 };

// The brightest that the light gets from now on.
const watch = (page) => page.evaluate(() => {
  window.brightest = 0;
  const look = () => {
    window.brightest = Math.max(window.brightest, Number(document.getElementById('onset-light').style.opacity));
    requestAnimationFrame(look);
  };
  look();
});

test('an onset flashes, as bright as it is strong; a roll does not flicker', async () => {
  await watch(page);
  await until(() => script.asked.some((address) => address.endsWith('add=levels%2Cbands%2Consets')), 'the page to ask');
  await until(() => script.asked.some((address) => address.endsWith('/ws/events?add=onsets')), 'the page to ask for events');
  await until(() => script.sockets.events.size === 2, 'both streams of events');
  script.event(onset);
  await until(async () => await page.evaluate(() => window.brightest) > 0.2, 'a flash');
  assert.ok(await page.evaluate(() => window.brightest) <= 0.8);
  assert.equal((await part(page, 'flash')).band, 3);
  await until(async () => await page.locator('#onset-light').evaluate((light) => Number(light.style.opacity)) === 0, 'it to go out');
  const before = (await part(page, 'flash')).count;
  const begun = await page.evaluate(() => performance.now());
  for (let i = 0; i < 40; i++) {
    script.event(onset);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await until(async () => await shown(page, '#onsets') === '41', 'all to be counted');
  const [count, seconds] = [(await part(page, 'flash')).count - before, (await page.evaluate(() => performance.now()) - begun) / 1000];
  assert.ok(count >= 1 && count <= 1 + 3 * seconds, `${count} flashes in ${seconds} s`);
  script.event({ type: 'critical_event', timestamp: 1e9, criticality: 2, duration_ms: 100, peak_ici: 1 });
  await page.locator('#events li').first().waitFor();
  assert.equal(await page.locator('#events li').count(), 1); // onsets are not in the way there
});

test('less motion: onsets are counted, nothing flashes', async () => {
  await until(async () => await page.locator('#onset-light').evaluate((light) => Number(light.style.opacity)) === 0, 'the last one to go out');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await watch(page);
  script.event(onset);
  await until(async () => await shown(page, '#onsets') === '42', 'it to be counted');
  assert.equal(await page.evaluate(() => window.brightest), 0);
});

test('nonsense in what is added harms nothing', async () => {
  Object.assign(script, { levels: [null, { rms: 'loud', peak: -1, clipped: {} }], bands: [null, 'x', -1, 1e999], strength: 'hard' });
  await until(async () => await part(page, 'bands') === 4, 'bands');
  script.event({ type: 'onset', timestamp: 1e9, strength: 7, band: 'low' });
  script.levels = [{}, { rms: -1, peak: null, clipped: 'x' }];
  const first = await shown(page, '#frame');
  await until(async () => await shown(page, '#frame') !== first, 'the page to go on');
  assert.equal(await shown(page, '#loudest'), '–');
  await script.close(page, close);
});

const isPlain = async (page) => {
  await live(page);
  await page.locator('#bands-panel').waitFor({ state: 'hidden' });
  await until(async () => !await page.locator('#channels-panel').evaluate((panel) => panel.classList.contains('levels')), 'the panel of old');
  assert.ok(!await page.locator('.clip').first().isVisible());
};

test('a server that adds nothing: the page of old', async () => {
  const script = new Script();
  Object.assign(script, { levels: null, bands: null, strength: null });
  const page = await script.open(browser);
  await isPlain(page);
  await reads(page, '.db', 0, -12.04); // the strongest partial's
  Object.assign(script, { bands: [0.1, 0.2], levels: [{ rms: 0.1, peak: 1, clipped: 0 }, { rms: 0, peak: 0, clipped: 0 }] });
  await page.locator('#bands-panel').waitFor(); // and one that learns it
  await reads(page, '.db', 0, 0);
  await script.close(page, close);
});

// In front of the broadcaster: one that takes no such question, and describes no such thing.
async function refusing() {
  const { hostname, port } = new URL(url);
  const headers = (request) => ({ ...request.headers, host: `${hostname}:${port}`, ...(request.headers.origin ? { origin: url } : {}) });
  const server = http.createServer((request, response) => {
    const forward = http.request(url + request.url, { method: request.method, headers: headers(request) }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      const { levels, bands, onsets, ...old } = request.url === '/api/description' ? JSON.parse(body) : {};
      const { 'content-length': length, 'transfer-encoding': coding, ...kept } = answer.headers;
      response.writeHead(answer.statusCode, kept).end(levels ? JSON.stringify(old) : body);
    });
    request.pipe(forward);
  });
  server.refused = 0;
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    if (request.url.includes('add=')) {
      server.refused++;
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const lines = Object.entries(headers(request)).map(([name, text]) => `${name}: ${text}\r\n`).join('');
    const there = net.connect(Number(port), hostname, () => there.write(`GET ${request.url} HTTP/1.1\r\n${lines}\r\n`));
    there.on('error', () => {});
    there.pipe(socket).pipe(there);
  });
  await new Promise((resolve) => { server.unref().listen(0, '127.0.0.1', resolve); });
  return server;
}

for (const path of ['/', '/visual']) {
  test(`a server that refuses: ${path} asks for less`, async () => {
    const server = await refusing();
    const page = await open(browser, `http://127.0.0.1:${server.address().port}${path}`);
    if (path === '/') await isPlain(page);
    await page.waitForFunction(async () => (await import('/model.js')).model.frame > 0);
    assert.ok(server.refused > 0);
    await close(page, { errors: [/400/] });
    server.closeAllConnections();
    server.close();
  });
}

test('the meters of a phone fit', async () => {
  const page = await open(browser, url, phone);
  await live(page);
  await lights(page, 2);
  const cut = await page.evaluate(() => [...document.querySelectorAll('.channel > *')].filter((cell) => {
    const [own, row] = [cell.getBoundingClientRect(), cell.parentElement.getBoundingClientRect()];
    return own.width > 0 && (own.left < row.left - 1 || own.right > row.right + 1 || own.top < row.top - 1 || own.bottom > row.bottom + 1);
  }).map((cell) => cell.className));
  assert.deepEqual(cut, []);
  await close(page);
});

// How many circles the visual draws in a frame, at most.
const circles = (page) => page.evaluate(() => {
  const { prototype } = CanvasRenderingContext2D;
  const { arc } = prototype;
  let count = 0;
  window.most = 0;
  prototype.arc = function counted(...rest) {
    count++;
    return arc.apply(this, rest);
  };
  const look = () => {
    window.most = Math.max(window.most, count);
    count = 0;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});

for (const [reducedMotion, most] of [['no-preference', 2], ['reduce', 1]]) {
  test(`the visual's onsets, motion: ${reducedMotion}`, async () => {
    const script = new Script();
    const page = await script.open(browser, '/visual', { reducedMotion });
    await circles(page);
    await until(async () => page.evaluate(() => window.most === 1), 'the pulse');
    await until(() => script.sockets.events.size === 2, 'both streams of events');
    script.event(onset);
    await until(async () => page.evaluate(async (least) => window.most >= least &&
      (await import('/parts.js')).parts.onsetTimes.count === 1, most), 'a ring');
    const { frame } = script;
    await until(() => script.frame > frame + 10, 'some frames');
    assert.equal(await page.evaluate(() => window.most), most);
    await script.close(page, close);
  });
}

test('the visual\'s waves have the bands as overtones', async () => {
  const page = await open(browser, `${url}/visual`);
  const [bass, treble, coarse] = await page.evaluate(async () => {
    const { Waves } = await import('/scene-waves.js');
    const { parts } = await import('/parts.js');
    const ripples = (band, rows) => { // zero crossings of the wave
      const waves = new Waves([[0, 0, 0], [255, 255, 255]], 0);
      Object.assign(parts, { bands: 8, noBands: false });
      parts.band.fill(0);
      parts.band[band] = 1;
      waves.rows = rows;
      waves.shapeWave(10);
      const shape = waves.shapeFor(2);
      let turns = 0;
      for (let i = 2; i < shape.length; i++) turns += (shape[i] - shape[i - 1]) * (shape[i - 1] - shape[i - 2]) < 0 ? 1 : 0;
      return turns;
    };
    return [ripples(0, 200), ripples(6, 200), ripples(6, 24)];
  });
  assert.equal(bass, 2);
  assert.ok(treble > 2, `${treble} crests and troughs`);
  assert.equal(coarse, 2); // which could not be drawn
  await close(page);
});
