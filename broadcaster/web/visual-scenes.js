// SPDX-License-Identifier: GPL-3.0-or-later
// The scenes. Each is a module scene-NAME.js beside this one, which gives
//
//   export default {
//     parts: ['bands'],        what it can draw nothing without, of levels, bands, onsets
//     draw(context, view) {},  one picture, in a few milliseconds
//   };
//
// context is a canvas's 2D context, cleared, in CSS pixels; what is drawn there fades in and out by itself with the sound. view has
//
//   model, parts    the numbers: model.js, parts.js
//   width, height   of the picture
//   t, seconds      the time in s, and how much of it has passed since the last picture (0.1 at most)
//   gain            0 … 1, the breathing's; 1 while nothing breathes
//   calm            whether less motion is asked for: go slowly then, and let nothing flash
//   colour(x)       a colour as CSS text, x = 0 … 1 from trough to crest
//   stops, detail, transparent   as in the address (visual-asked.js)
//
// Nothing may flash more than three times a second: parts.flash counts onsets that may, and lights up accordingly.
export const SCENES = ['waves', 'ridges', 'ripples', 'orbits'];

const STEPS = 64;

// Six hex digits each → colour().
export function colouring(stops) {
  const mixed = Array.from({ length: STEPS }, (_, i) => {
    const at = i / (STEPS - 1) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    const [from, to] = [stops[k], stops[k + 1]].map(rgb);
    return `rgb(${from.map((c, n) => Math.round(c + (to[n] - c) * (at - k))).join(' ')})`;
  });
  return (x) => mixed[Math.round(Math.max(0, Math.min(1, x)) * (STEPS - 1))];
}

export const rgb = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));

export const load = async (name) => (await import(`./scene-${name}.js`)).default;
