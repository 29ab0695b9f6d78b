// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder's switch, time and size; and what it says when the disk is full.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { accessibilityFaults, close, launch, live, open, until, url } from './browser.mjs';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const status = async () => (await (await fetch(`${url}/api/status`)).json()).record;

test('it records from the page', async () => {
  const page = await open(browser, url);
  const size = () => page.locator('#record-size').textContent();
  await live(page);
  await page.locator('#recorder').waitFor();
  await page.locator('#record[aria-pressed="false"]').click();
  await page.locator('#record[aria-pressed="true"]').waitFor();
  await until(async () => (await status()).bytes > 0, 'a recording');
  await until(async () => /^0:00:\d\d, [\d.]+ KB$/.test(await size()), 'time and size');
  const first = await size();
  await until(async () => await size() !== first, 'them to move');
  assert.deepEqual(await accessibilityFaults(page), []);
  await page.keyboard.press('Shift+R');
  await page.locator('#record[aria-pressed="false"]').waitFor();
  const { on, file, bytes } = await status();
  assert.equal(on, false);
  await until(async () => fs.statSync(file).size === (await status()).bytes, 'the rest to be written');
  assert.ok(bytes > 0);
  fs.renameSync(process.env.PHICAST_RECORDINGS, `${process.env.PHICAST_RECORDINGS}.gone`);
  await page.locator('#record').click();
  await until(async () => /has ended: .*No such file/.test(await page.locator('#record-answer').textContent()), 'the page to say why');
  await page.locator('#record[aria-pressed="false"]').waitFor();
  await close(page);
});
