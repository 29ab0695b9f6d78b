// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard as a picture and as words: boxes are measured in each size, number of channels and language; its designed states;
// what explains its numbers. Numbers are a script's (script.mjs), so no analyser is needed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, keepWords, unexplained } from './boxes.mjs';
import { accessibilityFaults, close, illustrate, launch, live, open, phone, picture, until, url } from './browser.mjs';
import { Script } from './script.mjs';

const ANALYSER = {
  sample_rate: 48000, window: 1024, period: 256, hop: 512, ici_threshold: 0.75, criticality_threshold: 2, phi_rate: 0.1, auto_phi: false, dsp_load: 12.3, xruns: 0,
  channel_names: Array.from({ length: 64 }, (_, i) => ['Kick', 'system:capture_2', 'Ableton Live with a long name:out_3', ''][i % 4]),
};
const SMALL = { width: 1366, height: 768 }; // the least that all has room in
const SIZES = [{ width: 1440, height: 900 }, { width: 1024, height: 768 }, { width: 390, height: 844 }];

const change = { type: 'state_change', timestamp: 1e9, from_state: 'ambient', to_state: 'coherent', trigger: 'ici_threshold', confidence: 0.5 };

// One page for nearly all: loading one takes longer than what is looked at in it.
let browser;
let script;
let page;
before(async () => {
  browser = await launch();
  script = new Script();
  script.status = { analyser: ANALYSER };
  page = await script.open(browser, '/', { colorScheme: 'dark', hasTouch: true, viewport: SMALL, init: keepWords });
  await live(page);
});
after(async () => {
  await script.close(page, (one) => close(one, { errors: [/WebSocket/] })); // it was offline for a while
  await browser.close();
});

async function channels(count) {
  script.channels(count);
  await until(async () => await page.locator('#channels li').count() === count, `${count} channels`);
}

async function speak(language) {
  await page.locator('#language').selectOption(language);
  await page.locator(`html[lang="${language}"]`).waitFor();
}

// Once around the painters with what holds now.
const drawn = () => page.evaluate(async () => {
  const { model } = await import('/model.js');
  const turn = () => new Promise(requestAnimationFrame);
  for (const begun = model.generation; model.generation < begun + 3;) await turn();
  for (let i = 0; i < 16; i++) await turn();
});

async function isWhole(size, count, language) {
  await channels(count);
  await page.setViewportSize(size);
  await speak(language);
  let found;
  for (let i = 0; i < 3; i++) { // a busy machine may not have drawn all of it
    await drawn();
    found = await page.evaluate(faults, size.width > 1120);
    if (found.length === 0) return;
  }
  assert.deepEqual(found, [], `${size.width} x ${size.height}, ${count} channels, ${language}`);
}

test('frames with 64 channels: figures', async (t) => {
  await channels(64);
  const times = await page.evaluate(() => new Promise((resolve) => {
    const list = [];
    let last = performance.now();
    const frame = (now) => {
      list.push(now - last);
      last = now;
      if (list.length < 121) requestAnimationFrame(frame);
      else resolve(list.slice(1).sort((a, b) => a - b));
    };
    requestAnimationFrame(frame);
  }));
  t.diagnostic(`64 channels: ${(1000 * times.length / times.reduce((a, b) => a + b)).toFixed(0)} frames a second, median ${times[60].toFixed(1)} ms, p95 ${times[114].toFixed(1)} ms`);
});

test('without scripts it says what is missing', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(url);
  await plain.locator('noscript .note').waitFor();
  await context.close();
});

// German has the longest words; 8 rows are the highest, in the lowest window; and the frame's number grows until the header has two lines.
test('no words overlap or leave their place, and all that one watches is in the window', async () => {
  for (let i = 0; i < 4; i++) script.event({ ...change, timestamp: 1e9 + i });
  script.frame += 12345678;
  await isWhole(SMALL, 1, 'de');
  await isWhole(SMALL, 64, 'de');
  for (const language of ['de', 'fr', 'en']) await isWhole(SMALL, 8, language); // and after the bridge
  for (const size of SIZES) await isWhole(size, 64, 'de');
  await page.setViewportSize(SMALL);
  await speak('en');
});

// keep: picture, or illustrate for one that the documentation has.
async function isAccessible(one, name, keep) {
  assert.deepEqual(await accessibilityFaults(one), []);
  assert.deepEqual(await one.evaluate(unexplained), []);
  await keep(one, `layout-${name}`);
}

test('accessible and explained', async () => {
  await page.locator('#latency summary').click();
  await channels(8);
  await isAccessible(page, '8-dark', illustrate);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1024, height: 768 });
  await isAccessible(page, '8-light-1024', illustrate);
  await page.setViewportSize(SMALL);
  await channels(64);
  await isAccessible(page, '64-light', picture);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('#latency summary').click();
});

test('accessible and explained on a phone', async () => {
  const other = new Script();
  other.status = { analyser: ANALYSER };
  other.channels(12);
  const small = await other.open(browser, '/', { ...phone, colorScheme: 'light' });
  await live(small);
  await isAccessible(small, '12-phone', picture);
  await other.close(small, close);
});

const NUMBERS = ['#state-name', '#active', '#frame', '#rate', '#ici', '#coherence', '#criticality', '#centroid', '#loudest', '#onsets', '#order', '#depth-text', '#phase-text',
  '#speed-text', '#breathing-text', '#total_latency_ms', '#total', '#jitter_ms', '#compensation_ms', '#calibrated', '#parts dd'];

// Nothing is known, so no number is shown.
async function isBlank(one) {
  await until(async () => (await one.locator(NUMBERS.join()).allTextContents()).every((words) => words === '–'), 'all numbers to be unknown');
  assert.doesNotMatch(await one.locator('main').innerText(), /\d\.\d/);
}

// Each says what is wrong and what to do, in one sentence; whose numbers are old or none is grey.
async function isState(name, says) {
  await page.locator(`#link[data-link="${name}"]`).waitFor();
  await until(async () => says.test(await page.locator('#why').textContent()), 'the page to say what to do');
  assert.equal(await page.locator('body.stale').count(), name === 'replay' ? 0 : 1);
  await until(async () => (await page.evaluate(faults, name === 'replay')).length === 0, 'nothing to overlap');
  assert.deepEqual(await accessibilityFaults(page), []);
  await illustrate(page, `state-${name}`);
}

test('the states: stale, offline, a replay, no analyser; and back', async () => {
  await channels(2);
  script.pause();
  await isState('stale', /^No new numbers come from the analyser: look whether/);
  script.away = true;
  await script.cut();
  await isState('offline', /^The broadcaster does not answer: look whether/);
  script.away = false;
  script.play();
  script.status.replay = { file: 'show.jsonl', paused: false, ended: false, position: 3, duration: 60, speed: 1, can_seek: true };
  await isState('replay', /^$/);
  script.status = { analyser: null };
  script.absent = true;
  await isState('absent', /^No analyser is running: start phicast-jack -n \S+, and the page goes on by itself\.$/);
  await isBlank(page);
  script.status = { analyser: ANALYSER };
  script.absent = false;
  await live(page);
});

test('the state without a token', async () => {
  const locked = await open(browser, 'about:blank', { viewport: SMALL, colorScheme: 'light' });
  await locked.route('**/api/**', (route) => route.fulfill({ status: 401, json: { detail: 'no' } }));
  await locked.routeWebSocket(/\/ws\//, (socket) => socket.close());
  await locked.goto(`${url}/?lang=fr`);
  await locked.locator('#link[data-link="locked"]').waitFor();
  assert.match(await locked.locator('#ask-why').textContent(), /^Le broadcaster demande un jeton : entrez celui/);
  await isBlank(locked);
  assert.deepEqual(await accessibilityFaults(locked), []);
  await illustrate(locked, 'state-locked');
  await close(locked, { errors: [/401/] });
});

test('one channel agrees with nobody, and the page says so', async () => {
  await channels(1);
  for (const id of ['ici', 'coherence']) {
    await page.locator(`.metric[data-metric="${id}"] .needs`).getByText('Needs two active channels.').waitFor();
    assert.equal(await page.locator(`#${id}`).textContent(), '–');
  }
  assert.match(await page.locator('#criticality').textContent(), /^\d/);
  await illustrate(page, 'layout-1-dark');
  await channels(2);
  await until(async () => /^\d/.test(await page.locator('#ici').textContent()), 'the number of two');
  assert.equal(await page.locator('.metric[data-metric="ici"] .needs').textContent(), '');
  script.amplitude = [0, 0];
  await until(async () => await page.locator('#centroid').textContent() === '–', 'silence to have no centroid');
});

test('numbers explain themselves: pointed at, with the focus, tapped; in words of the table', async () => {
  await channels(2);
  const tip = page.locator('#about');
  const { metrics } = await (await fetch(`${url}/api/description`)).json();
  const help = (name) => metrics.find((row) => row.name === name).help;
  const says = (words) => until(async () => await tip.isVisible() && await tip.textContent() === words, words);
  const isGone = () => until(async () => !await tip.isVisible(), 'it to go');
  await page.locator('#ici').hover();
  await says(`ICI ${help('ici')}`);
  await tip.hover(); // it can be read there
  await says(`ICI ${help('ici')}`);
  await page.keyboard.press('Escape');
  await isGone();
  await page.locator('#frame').hover();
  await says(`Frame ${help('frame')}`);
  await page.locator('h1').hover();
  await isGone();
  const criticality = page.locator('[data-about="criticality"]');
  await page.locator('[data-about="phase_coherence"]').focus();
  await page.keyboard.press('Tab');
  await says(`Criticality ${help('criticality')}`);
  assert.equal(await criticality.getAttribute('aria-describedby'), 'about');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.keyboard.press('Tab');
  await says(`Centroid ${help('spectral_centroid')}`);
  assert.equal(await criticality.getAttribute('aria-describedby'), null);
  await page.locator('#channels .db').first().tap();
  await until(async () => /^Peak highest true peak/.test(await tip.textContent()), 'the tapped one');
  await page.locator('#channels .db').first().tap();
  await isGone();
  await page.locator('#language').selectOption('de');
  await page.locator('#ici').hover();
  await until(async () => /^ICI wie sehr die Kanäle/.test(await tip.textContent()), 'German');
  const box = await page.locator('.metric').last().boundingBox();
  await page.locator('#centroid').hover();
  await until(async () => /^Schwerpunkt/.test(await tip.textContent()), 'the last one');
  const shown = await tip.boundingBox();
  assert.ok(shown.x + shown.width <= box.x + box.width + 16, 'in the window');
  await speak('en');
});

test('a language by the browser, by the address, and by choice', async () => {
  const french = await open(browser, `${url}/?lang=de`, { locale: 'fr-FR' });
  const speaks = (language, events) => until(async () => await french.locator('html').getAttribute('lang') === language &&
    (await french.locator('#events-title').textContent()).startsWith(events), language);
  await speaks('de', 'Ereignisse');
  await french.goto(`${url}/`); // the address is not remembered
  await speaks('fr', 'Événements');
  await french.locator('#language').selectOption('en');
  await speaks('en', 'Events');
  await french.reload();
  await speaks('en', 'Events');
  await close(french);
  await speak('fr');
  await page.locator('#events').getByText('ambiant → cohérent').first().waitFor();
  await speak('en'); // what stands there already
  await page.locator('#events').getByText('ambient → coherent').first().waitFor();
});

test('every language has every word', async () => {
  const missing = await page.evaluate(async () => {
    const { english } = await import('/words.js');
    const { metrics, channel_metrics: channels, bands, latency } = await (await fetch('/api/description')).json();
    const explained = [...metrics, ...channels, ...bands, ...latency].map(({ name }) => name)
      .filter((name) => document.querySelector(`[data-about="${name}"]`)).map((name) => `about_${name}`);
    const lists = await Promise.all(['de', 'fr'].map(async (language) => {
      const { words } = await import(`/words.${language}.js`);
      const places = (text) => [...String(text).matchAll(/\{\d\}/g)].join();
      return [...[...Object.keys(english), ...explained].filter((key) => !words[key]),
        ...Object.keys(words).filter((key) => english[key] ? places(english[key]) !== places(words[key]) : !explained.includes(key) && key !== 'about_frequency')];
    }));
    const asked = [...document.querySelectorAll('[data-t], [data-label]')].flatMap(({ dataset }) => [dataset.t, dataset.label]).filter((key) => key && !(key in english));
    return [...lists.flat(), ...asked];
  });
  assert.deepEqual(missing, []);
});

test('the line on the bar is where the number says', async () => {
  await page.emulateMedia({ colorScheme: 'light' }); // whose line is dark
  await channels(2);
  script.levels[0] = { rms: 0.1, peak: 0.5, clipped: 0 };
  await until(async () => await page.locator('.db').first().textContent() === '−6.0', 'the peak');
  script.levels[0] = { rms: 0.01, peak: 0.02, clipped: 0 };
  const far = await page.evaluate(async () => {
    const { share } = await import('/meter.js');
    const [canvas, meter, db] = ['#meters', '.channel .meter', '.channel .db'].map((each) => document.querySelector(each));
    const scale = canvas.width / canvas.clientWidth;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    let worst = 0;
    for (let number = -6; number > -30;) {
      await new Promise(requestAnimationFrame);
      number = Number(db.textContent.replace('−', '-'));
      const [left, width] = [meter.offsetLeft * scale, meter.offsetWidth * scale];
      const { data } = context.getImageData(left, (meter.offsetTop + 2) * scale, width, 1);
      const bright = Array.from({ length: Math.floor(width) }, (_, x) => Math.max(data[4 * x], data[4 * x + 1], data[4 * x + 2])); // only ink is dark
      const ink = Math.min(...bright) < 60 ? bright.lastIndexOf(Math.min(...bright)) : -1;
      if (ink >= 0) worst = Math.max(worst, Math.abs(ink - share(number) * width));
    }
    return worst;
  });
  assert.ok(far <= 4, `${far} px apart`);
});

test('the bridge is one stop of the Tab key, and its line tells of the one with the focus', async () => {
  await channels(64);
  await until(async () => await page.locator('#channels li[tabindex="0"]').count() === 1, 'the bridge');
  await page.locator('#channels li').first().focus();
  const tells = (words) => until(async () => (await page.locator('#readout').textContent()).startsWith(words), words);
  await tells('1 Kick · −0.9 · RMS −10.5 dBFS · A4 +0 · 440.0 Hz');
  await page.keyboard.press('ArrowRight');
  await tells('2 system:capture_2 ·');
  await page.keyboard.press('ArrowDown'); // in the next row
  const across = await page.evaluate(() => Number(getComputedStyle(document.getElementById('channels')).getPropertyValue('--across')));
  await tells(`${across + 2} `);
  await page.locator('h1').click();
  await tells('1 '); // the loudest
});
