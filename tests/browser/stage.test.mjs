// SPDX-License-Identifier: GPL-3.0-or-later
// The stage view on what a script says (script.mjs); the names and the table of metrics are the broadcaster's.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, open, phone, picture, until, url } from './browser.mjs';
import { Script } from './script.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const tile = (page, name) => page.locator(`.tile[data-name="${name}"]`);
const reads = (page, name, value) => until(async () => (await tile(page, name).locator('.value').textContent()) === value, `${name} to read ${value}`);
const title = (page, name) => tile(page, name).locator('h2').textContent();
const tone = (page, name) => tile(page, name).getAttribute('data-tone');

// What of the tiles sticks out of its own, or of the screen.
const outside = (page) => page.evaluate(() => [...document.querySelectorAll('.tile')].flatMap((one) => {
  const outer = one.getBoundingClientRect();
  return [...one.children].filter((part) => part.textContent).flatMap((part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    const inner = part.matches('h2') ? part.getBoundingClientRect() : range.getBoundingClientRect(); // a title ends with dots
    const fits = inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom &&
      outer.right <= innerWidth + 1 && outer.bottom <= innerHeight + 1;
    return fits ? [] : [`${one.dataset.name} ${part.className}: ${JSON.stringify(inner)} in ${JSON.stringify(outer)}`];
  });
}));

test('numbers, levels and states; and none that is old', async () => {
  const script = new Script();
  script.levels = [{ rms: 0.5, peak: 0.95, clipped: 0 }, { rms: 0, peak: 0, clipped: 0 }];
  script.names = ['Kick', ''];
  const page = await script.open(browser, '/stage?show=state,ici,spectral_centroid,level:1,peak:1,frequency:3');
  await reads(page, 'ici', '0.50');
  await reads(page, 'spectral_centroid', '440');
  await reads(page, 'level:1', '−6.0');
  await reads(page, 'peak:1', '−0.4');
  await reads(page, 'frequency:3', '–'); // there are two
  await until(async () => await title(page, 'level:1') === 'level 1 · Kick, dBFS', 'the channel\'s name');
  assert.equal(await title(page, 'spectral_centroid'), 'spectral centroid, Hz');
  assert.equal(await title(page, 'ici'), 'ICI');
  assert.deepEqual([await tone(page, 'level:1'), await tone(page, 'peak:1'), await tone(page, 'ici')], ['hot', 'full', '']);
  for (const [from, to] of [['ambient', 'turbulent'], ['turbulent', 'critical']]) {
    script.event({ type: 'state_change', timestamp: Date.now() / 1000, from_state: from, to_state: to, trigger: 'ici', confidence: 1 });
    await reads(page, 'state', to);
  }
  assert.equal(await tone(page, 'state'), 'critical');
  assert.ok(script.asked.some((address) => /metrics\?rate=10&add=levels/.test(address)));
  assert.deepEqual(await outside(page), []);
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture(page, 'stage-six');
  script.pause(); // nothing comes any more
  await page.locator('#link[data-link="stale"]').waitFor();
  for (const name of ['state', 'ici', 'spectral_centroid', 'level:1']) {
    await reads(page, name, '–');
    assert.equal(await tone(page, name), 'gone');
  }
  await picture(page, 'stage-stale');
  await script.close(page, close);
});

test('one alone is huge, in both directions, and nothing sticks out', async () => {
  for (const show of ['ici', 'state', 'ici,state,level:1,phi_phase']) {
    const script = new Script();
    const page = await script.open(browser, `/stage?show=${show}`);
    await until(async () => !(await page.locator('.value').allTextContents()).includes('–'), `${show} to be shown`);
    for (const { width, height } of [page.viewportSize(), phone.viewport]) {
      await page.setViewportSize({ width, height });
      const size = await page.locator('.value').first().evaluate((node) => parseFloat(getComputedStyle(node).fontSize));
      if (!show.includes(',')) assert.ok(size > Math.min(0.5 * height, 0.15 * width), `${show} at ${width}: ${size} px`);
      assert.deepEqual(await outside(page), [], `${show} at ${width}`);
      if (show !== 'ici') await picture(page, `stage-${show.split(',').length}-${width}`);
    }
    await script.close(page, close);
  }
});

test('what the address has wrong is named, with what there is', async () => {
  const script = new Script();
  const page = await script.open(browser, '/stage?show=icy,level:0,ici,level:65,phase:1,<b>,ici&shwo=1', phone);
  await reads(page, 'ici', '0.50');
  for (const name of ['icy', 'level:0', 'level:65']) {
    assert.equal(await tile(page, name).locator('.why').textContent(), `show=${name}: there is no such thing`);
  }
  await tile(page, '<b>').locator('.why').getByText('show=<b>').waitFor();
  const wrong = await page.locator('#wrong').textContent();
  assert.match(wrong, /^show= takes state, ici, .*phase_coherence.*level:N, peak:N, frequency:N.*shwo=: means nothing here.*6 at once are the most$/);
  assert.deepEqual(await outside(page), []);
  assert.deepEqual(await accessibilityFaults(page), []);
  await picture(page, 'stage-wrong');
  await script.close(page, close);
});

test('the state, if nothing is named; keys', async () => {
  const page = await open(browser, `${url}/stage`);
  await until(async () => /^(idle|ambient|coherent|turbulent|critical)$/.test(await tile(page, 'state').locator('.value').textContent()), 'a state');
  assert.ok(await page.locator('footer').isHidden()); // nothing else is to be said
  await page.keyboard.press('d');
  await page.waitForURL(`${url}/`);
  await close(page);
});
