// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the screen on while the page is on it, where the browser lets it.
import { $, attribute, remember, remembered, text } from './page.js';
import { t } from './words.js';

let wanted = false;
let lock = null;
let asking = false;
let tell = () => {};

function refusal(error) {
  if (!window.isSecureContext) return t('awake_insecure');
  if (!navigator.wakeLock) return t('awake_unable');
  return t('awake_refused', error.message);
}

// The browser takes the lock away whenever the page is not seen.
async function hold() {
  if (!wanted || lock || asking || document.hidden) return;
  asking = true;
  try {
    lock = await navigator.wakeLock.request('screen');
    lock.addEventListener('release', () => { lock = null; });
    tell('');
  } catch (error) {
    if (!document.hidden) tell(refusal(error));
  }
  asking = false;
  if (!wanted) lock?.release();
}
document.addEventListener('visibilitychange', hold);

// told is called with '' each time that it is held, or with why it is not.
export function keepAwake(on, told) {
  wanted = on;
  tell = told;
  if (on) hold();
  else lock?.release();
}

// The page's switch, remembered where it was let. Returns what turns it.
export function startAwake() {
  const set = (on, why = '') => {
    attribute($('awake'), 'aria-pressed', String(on));
    text($('awake-why'), why);
    remember('awake', on ? 'on' : 'off');
  };
  const turn = (on) => {
    set(on);
    keepAwake(on, (why) => set(wanted && !why, why));
  };
  const toggle = () => turn($('awake').getAttribute('aria-pressed') !== 'true');
  $('awake').addEventListener('click', toggle);
  if (remembered('awake', 'off') === 'on') turn(true);
  return toggle;
}
