// SPDX-License-Identifier: GPL-3.0-or-later
// How the page looks and is driven: theme, big numbers, help, keys; and the theme's colours for canvases.
import { $, attribute, element, remember, remembered, text } from './page.js';
import { languageChanged, t } from './words.js';

const NAMES = ['ground', 'card', 'ink', 'soft', 'line', 'ici', 'coherence', 'criticality', 'centroid', 'breath', 'warn', 'bad'];
const THEMES = ['auto', 'dark', 'light'];

export const colours = {}; // NAMES → what a canvas takes
export const themeChanged = []; // functions to call

// A canvas does not know light-dark(), so an element is asked.
function readColours() {
  const probe = document.body.appendChild(element('i'));
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  for (const call of themeChanged) call();
}

const themeNow = () => document.documentElement.dataset.theme || 'auto';
const nameTheme = () => text($('theme-name'), t('theme', t(themeNow())));

function setTheme(theme) {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = theme;
  remember('theme', theme);
  nameTheme();
  readColours();
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length]);
}

function toggleBig() {
  const big = document.body.classList.toggle('big');
  attribute($('big'), 'aria-pressed', String(big));
}

function openHelp() {
  if (!$('help').open) $('help').showModal();
}

// actions: {key as in KeyboardEvent.key: function}
function takeKeys(actions) {
  document.addEventListener('keydown', (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.querySelector('dialog[open]') || !$('keys-on').checked) return;
    event.preventDefault();
    action();
  });
}

export function startView(actions) {
  setTheme(THEMES.includes(remembered('theme', 'auto')) ? remembered('theme', 'auto') : 'auto');
  languageChanged.push(nameTheme);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', readColours);
  $('theme').addEventListener('click', nextTheme);
  $('big').addEventListener('click', toggleBig);
  $('help-open').addEventListener('click', openHelp);
  $('keys-on').checked = remembered('keys', 'on') === 'on';
  $('keys-on').addEventListener('change', () => remember('keys', $('keys-on').checked ? 'on' : 'off'));
  takeKeys({
    f: toggleBig, F: toggleBig, t: nextTheme, T: nextTheme, h: openHelp, '?': openHelp,
    v: () => { location.href = 'visual'; }, ...actions,
  });
}
