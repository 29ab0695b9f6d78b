// SPDX-License-Identifier: GPL-3.0-or-later
// The dashboard as a picture and as words: boxes are measured in each size, number of channels and language; its designed states;
// what explains its numbers. Numbers are a script's (script.mjs), so no analyser is needed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faults, keepWords, unexplained } from './boxes.mjs';
import { accessibilityFaults, close, launch, live, open, phone, picture, until, url } from './browser.mjs';
import { Script } from './script.mjs';

const ANALYSER = {
  sample_rate: 48000, window: 1024, period: 256, hop: 512, ici_threshold: 0.75, criticality_threshold: 2, phi_rate: 0.1, auto_phi: false, dsp_load: 12.3, xruns: 0,
  channel_names: Array.from({ length: 64 }, (_, i) => ['Kick', 'system:capture_2', 'Ableton Live with a long name:out_3', ''][i % 4]),
};
const SMALL = { width: 1366, height: 768 }; // the least that all has room in
const SIZES = [{ width: 1440, height: 900 }, SMALL, { width: 1024, height: 768 }, { width: 390, height: 844 }];
const CHANNELS = [1, 8, 64];
const LANGUAGES = ['en', 'de', 'fr']; // all of them where room is short, else the one with the longest words

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const change = { type: 'state_change', timestamp: 1e9, from_state: 'ambient', to_state: 'coherent', trigger: 'ici_threshold', confidence: 0.5 };

async function start(options = {}, path = '/') {
  const script = new Script();
  script.status = { analyser: ANALYSER };
  Object.assign(script, options.script);
  const page = await script.open(browser, path, options);
  return { script, page };
}

// Twice around the painters with what holds now.
const drawn = (page) => page.evaluate(async () => {
  const { model } = await import('/model.js');
  const turn = () => new Promise(requestAnimationFrame);
  for (const begun = model.generation; model.generation < begun + 3;) await turn();
  for (let i = 0; i < 16; i++) await turn();
});

async function isWhole(page, script, { channels, language, size }) {
  script.channels(channels);
  await page.setViewportSize(size);
  await page.locator('#language').selectOption(language);
  await until(async () => await page.locator('#channels li').count() === channels, 'the channels');
  let found;
  const what = `${size.width} x ${size.height}, ${channels} channels, ${language}`;
  for (let i = 0; i < 3; i++) { // a busy machine may not have drawn all of it
    await drawn(page);
    found = await page.evaluate(faults, size.width > 1120);
    if (found.length === 0) return;
  }
  assert.deepEqual(found, [], what);
}

test('no words overlap or leave their place, and all that one watches is in the window', async () => {
  const { script, page } = await start({ colorScheme: 'dark', init: keepWords });
  await live(page);
  for (let i = 0; i < 4; i++) script.event({ ...change, timestamp: 1e9 + i });
  for (const channels of CHANNELS) await isWhole(page, script, { channels, language: 'de', size: SMALL }); // the longest words
  for (const language of LANGUAGES) await isWhole(page, script, { channels: 8, language, size: SMALL });
  for (const size of SIZES) await isWhole(page, script, { channels: 64, language: 'de', size });
  await script.close(page, close);
});

for (const [colorScheme, options] of [['dark', {}], ['light', {}], ['dark', phone]]) {
  test(`accessible and explained: ${colorScheme}${options === phone ? ', on a phone' : ''}`, async () => {
    const { script, page } = await start({ ...options, colorScheme });
    await live(page);
    script.event(change);
    await page.locator('#latency summary').click();
    for (const channels of colorScheme === 'dark' && options !== phone ? [1, 8] : [12]) { // 12 have the bridge of 64
      script.channels(channels);
      await until(async () => await page.locator('#channels li').count() === channels, 'the channels');
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.deepEqual(await page.evaluate(unexplained), []);
      await picture(page, `layout-${channels}-${colorScheme}${options === phone ? '-phone' : ''}`);
    }
    await script.close(page, close);
  });
}

const NUMBERS = ['#state-name', '#active', '#frame', '#rate', '#ici', '#coherence', '#criticality', '#centroid', '#loudest', '#onsets', '#order', '#depth-text', '#phase-text',
  '#speed-text', '#breathing-text', '#total_latency_ms', '#total', '#jitter_ms', '#compensation_ms', '#calibrated', '#parts dd'];

// Nothing is known, so no number is shown.
async function isBlank(page) {
  await until(async () => (await page.locator(NUMBERS.join()).allTextContents()).every((words) => words === '–'), 'all numbers to be unknown');
  assert.doesNotMatch(await page.locator('main').innerText(), /\d\.\d/);
}

// Each says what is wrong and what to do, in one sentence; whose numbers are old or none is grey.
const STATES = {
  absent: { prepare: (script) => { script.absent = true; }, says: /^No analyser is running: start phicast-jack -n \S+, and the page goes on by itself\.$/ },
  stale: { later: (script) => clearInterval(script.timer), says: /^No new numbers come from the analyser: look whether/, old: true },
  offline: { later: (script) => { script.away = true; return script.cut(); }, says: /^The broadcaster does not answer: look whether/, old: true },
  replay: {
    prepare: (script) => { script.status.replay = { file: 'show.jsonl', paused: false, ended: false, position: 3, duration: 60, speed: 1, can_seek: true }; },
    says: /^$/, old: true,
  },
};

for (const [name, { prepare = () => {}, later = () => {}, says, old }] of Object.entries(STATES)) {
  test(`the state ${name}`, async () => {
    const script = new Script();
    script.status = { analyser: name === 'absent' ? null : ANALYSER };
    prepare(script);
    const page = await script.open(browser, '/', { colorScheme: name === 'absent' ? 'light' : 'dark', viewport: SMALL, init: keepWords });
    if (old) await page.waitForFunction(async () => (await import('/model.js')).model.frame > 0);
    await later(script);
    await page.locator(`#link[data-link="${name}"]`).waitFor();
    await until(async () => says.test(await page.locator('#why').textContent()), 'the page to say what to do');
    if (!old) await isBlank(page);
    assert.equal(await page.locator('body.stale').count(), name === 'replay' ? 0 : 1);
    await until(async () => (await page.evaluate(faults, name === 'replay')).length === 0, 'nothing to overlap');
    assert.deepEqual(await accessibilityFaults(page), []);
    await picture(page, `state-${name}`);
    await script.close(page, close);
  });
}

test('the state without a token', async () => {
  const page = await open(browser, 'about:blank', { viewport: SMALL });
  await page.route('**/api/**', (route) => route.fulfill({ status: 401, json: { detail: 'no' } }));
  await page.routeWebSocket(/\/ws\//, (socket) => socket.close());
  await page.goto(`${url}/?lang=fr`);
  await page.locator('#link[data-link="locked"]').waitFor();
  assert.match(await page.locator('#ask-why').textContent(), /^Le broadcaster demande un jeton : entrez celui/);
  await isBlank(page);
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture(page, 'state-locked');
  await close(page, { errors: [/401/] });
});

test('one channel agrees with nobody, and the page says so', async () => {
  const { script, page } = await start();
  script.channels(1);
  await until(async () => await page.locator('#active').textContent() === '1 of 1', 'one channel');
  for (const id of ['ici', 'coherence']) {
    await page.locator(`.metric[data-metric="${id}"] .needs`).getByText('Needs two active channels.').waitFor();
    assert.equal(await page.locator(`#${id}`).textContent(), '–');
  }
  assert.match(await page.locator('#criticality').textContent(), /^\d/);
  script.channels(2);
  await until(async () => /^\d/.test(await page.locator('#ici').textContent()), 'the number of two');
  assert.equal(await page.locator('.metric[data-metric="ici"] .needs').textContent(), '');
  script.amplitude = [0, 0];
  await until(async () => await page.locator('#centroid').textContent() === '–', 'silence to have no centroid');
  await script.close(page, close);
});

test('numbers explain themselves: pointed at, with the focus, tapped; in words of the table', async () => {
  const { script, page } = await start({ hasTouch: true });
  await live(page);
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
  await script.close(page, close);
});

test('a language by the browser, by the address, and by choice', async () => {
  const script = new Script();
  script.status = { analyser: ANALYSER };
  const page = await script.open(browser, '/', { locale: 'fr-FR' });
  const speaks = (language, events) => until(async () => await page.locator('html').getAttribute('lang') === language &&
    (await page.locator('#events-title').textContent()).startsWith(events), language);
  await speaks('fr', 'Événements');
  await page.goto(`${url}/?lang=de`);
  await speaks('de', 'Ereignisse');
  await live(page);
  await page.goto(`${url}/`); // the address is not remembered
  await speaks('fr', 'Événements');
  await live(page);
  script.event(change);
  await page.locator('#events').getByText('ambiant → cohérent').waitFor();
  await page.locator('#language').selectOption('en');
  await speaks('en', 'Events');
  await page.locator('#events').getByText('ambient → coherent').waitFor();
  await page.reload();
  await speaks('en', 'Events');
  await script.close(page, close);
});

test('every language has every word', async () => {
  const page = await open(browser, `${url}/`);
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
  await close(page);
});

test('the line on the bar is where the number says', async () => {
  const { script, page } = await start();
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
  await script.close(page, close);
});

test('the bridge is one stop of the Tab key, and its line tells of the one with the focus', async () => {
  const { script, page } = await start();
  script.channels(64);
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
  await script.close(page, close);
});

test('the first number, and frames with 64 channels: figures', async (t) => {
  const { script, page } = await start();
  script.channels(64);
  const first = await page.waitForFunction(() => /\d/.test(document.getElementById('ici').textContent) && performance.now());
  const ms = await first.jsonValue();
  await until(async () => await page.locator('#channels li').count() === 64, 'the channels');
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
  t.diagnostic(`first number after ${ms.toFixed(0)} ms; 64 channels: ${(1000 * times.length / times.reduce((a, b) => a + b)).toFixed(0)} frames a second, median ${times[60].toFixed(1)} ms, p95 ${times[114].toFixed(1)} ms`);
  await script.close(page, close);
});
