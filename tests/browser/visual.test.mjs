// SPDX-License-Identifier: GPL-3.0-or-later
// /visual on real sound.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, open, painted, picture, until, url } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const shows = (page) => until(async () => await painted(page, '#picture') > 6000, 'a picture');

test('it moves', async () => {
  const page = await open(browser, `${url}/visual`);
  await shows(page);
  const drawn = () => page.locator('#picture').evaluate((canvas) => canvas.toDataURL());
  const first = await drawn();
  await until(async () => await drawn() !== first, 'the picture to move');
  await picture(page, 'visual');
  assert.deepEqual(await accessibilityFaults(page), []);
  await close(page);
});

test('colours and host of one\'s own; help', async () => {
  const host = new URL(url).host;
  const page = await open(browser, `${url}/visual?colors=200000,ff0000&background=100000&captions=0&detail=0.3&host=${host}`);
  await shows(page);
  const reddest = await page.locator('#picture').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, 1);
    let worst = 0;
    for (let i = 0; i < data.length; i += 4) worst = Math.max(worst, data[i + 1] - data[i], data[i + 2] - data[i]);
    return worst;
  });
  assert.ok(reddest <= 0, 'only reds');
  await page.keyboard.press('h');
  await page.getByText('?host=').waitFor();
  assert.deepEqual(await accessibilityFaults(page), []);
  await close(page);
});

test('a host that is none says so', async () => {
  const page = await open(browser, `${url}/visual?host=a%20b`);
  await page.getByText('not an address').waitFor();
  await close(page);
});
