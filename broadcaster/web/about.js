// SPDX-License-Identifier: GPL-3.0-or-later
// What a number means, in one line that stands beside it while it is pointed at, has the focus, or was tapped: of all
// elements with data-about. Those that nothing else can be done with take the focus, unless they have tabindex already.
import { $, element } from './page.js';
import { described } from './described.js';
import { named } from './words.js';

const DELAY_MS = 250;  // before what is merely pointed at explains itself
const LINGER_MS = 150; // so that the pointer can come over from the number
const MARGIN = 8;      // pixels, from the number and from the window's edge

let shown = null;
let timer = 0;      // 0: none runs
let awaited = null; // what it is to show; null: it is to hide

const wanted = (event) => event.target.closest?.('[data-about]') ?? null;
export const explanation = (name) => named('about', name, described.help[name] ?? '');

// Below the number, or above it where there is no room; within the window.
function place(tip, { left, top, bottom }) {
  const { width, height } = tip.getBoundingClientRect();
  const below = bottom + MARGIN + height < innerHeight;
  tip.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
  tip.style.top = `${below ? bottom + MARGIN : Math.max(MARGIN, top - MARGIN - height)}px`;
}

function stop() {
  clearTimeout(timer);
  timer = 0;
}

function hide() {
  stop();
  if (!shown) return;
  shown.removeAttribute('aria-describedby');
  shown = null;
  $('about').hidePopover();
}

function show(node) {
  stop();
  const { about } = node.dataset;
  if (node === shown || !explanation(about)) return;
  hide();
  shown = node;
  $('about').replaceChildren(element('b', '', named('name', about)), ` ${explanation(about)}`);
  node.setAttribute('aria-describedby', 'about');
  $('about').showPopover();
  place($('about'), node.getBoundingClientRect());
}

// A number that changes comes under the pointer anew each time.
function later(node, ms) {
  if (timer && node === awaited) return;
  stop();
  awaited = node;
  timer = setTimeout(() => (node ? show(node) : hide()), ms);
}

export function startAbout() {
  for (const node of document.querySelectorAll('[data-about]')) {
    if (node.tabIndex < 0 && node.nodeName !== 'OUTPUT' && !node.querySelector('input, select, button')) node.tabIndex = 0;
  }
  document.addEventListener('pointerover', (event) => {
    if (event.pointerType === 'touch') return;
    if (event.target.closest?.('#about')) stop();
    else if (wanted(event) !== shown) later(wanted(event), wanted(event) ? DELAY_MS : LINGER_MS);
    else stop();
  });
  document.addEventListener('focusin', (event) => {
    if (wanted(event) && event.target.matches(':focus-visible')) show(wanted(event));
    else hide();
  });
  document.addEventListener('focusout', hide);
  document.addEventListener('click', (event) => { // and a tap
    if (!wanted(event) || wanted(event) === shown && event.pointerType === 'touch') hide();
    else if (event.pointerType === 'touch') show(wanted(event));
  });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });
  document.addEventListener('scroll', hide, { capture: true, passive: true });
}
