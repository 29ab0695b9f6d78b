// SPDX-License-Identifier: GPL-3.0-or-later
// Finding and filling elements, and canvases as sharp as the screen.

export const $ = (id) => document.getElementById(id);

// Writes only what has changed, so that nothing is laid out twice.
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function element(name, className = '', content = '') {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (content) node.textContent = content;
  return node;
}

// What is typed into a form are no shortcuts.
export function keepKeys(form) {
  for (const kind of ['keydown', 'dblclick']) form.addEventListener(kind, (event) => event.stopPropagation());
}

// What one has chosen, for the next time.
export function remembered(key, fallback) {
  try {
    return localStorage.getItem(key) ?? fallback;
  } catch {
    return fallback; // the browser keeps nothing
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch { /* then not */ }
}

export const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

// A canvas that follows its element's size. context's unit is the CSS pixel.
export class Surface {
  constructor(canvas, onSize = () => {}) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.width = 0;
    this.height = 0;
    new ResizeObserver(() => { this.fit(); onSize(); }).observe(canvas);
  }

  fit() {
    const scale = Math.min(devicePixelRatio || 1, 2);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  clear() {
    this.context.clearRect(0, 0, this.width, this.height);
  }
}

const NOTES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'];

// "A4 +3": the nearest note of the tempered scale with A4 = 440 Hz, and the cents from it.
export function noteName(hz) {
  if (!(hz > 8)) return '–';
  const exact = 69 + 12 * Math.log2(hz / 440);
  const note = Math.round(exact);
  const cents = Math.round((exact - note) * 100);
  return `${NOTES[((note % 12) + 12) % 12]}${Math.floor(note / 12) - 1} ${cents < 0 ? '−' : '+'}${Math.abs(cents)}`;
}

export const decibels = (amplitude) => (amplitude > 0 ? 20 * Math.log10(amplitude) : -Infinity);

export function minus(value, digits) {
  return value.toFixed(digits).replace('-', '−');
}
