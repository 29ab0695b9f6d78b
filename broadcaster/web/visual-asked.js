// SPDX-License-Identifier: GPL-3.0-or-later
// What the visual's address asks for. What is wrong there is named, with what there is, and counts as not said.
const COLOURS = '04060f,06193a,0b3f7a,0072b2,56b4e9,bfe3f7,f0e442,ffffff';
const ADDRESS = /^(([\w.-]+|\[[\da-f:.]+\])(:\d+)?(\/[\w.~%/-]*)?)?$/i;
const NAMES = ['host', 'scene', 'colors', 'background', 'transparent', 'captions', 'rate', 'add', 'detail', 'token'];

const given = new URLSearchParams(location.search);
export const faults = []; // lines to show

// read: of the text, undefined if it is none of those that `there` tells of.
function take(name, otherwise, there, read) {
  const text = given.get(name);
  if (text === null) return otherwise;
  const value = read(text);
  if (value === undefined) faults.push(`${name}=${text}: ${there}`);
  return value ?? otherwise;
}

const fits = (pattern) => (text) => (pattern.test(text) ? text : undefined);
const within = (least, most, whole) => (text) => {
  const value = Number(text);
  return text && value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : undefined;
};
const yes = (text) => ({ '': true, 1: true, 0: false })[text];
const hexes = (least, most) => (text) => {
  const list = text.split(',').map((one) => one.trim().replace(/^#/, ''));
  return list.length >= least && list.length <= most && list.every((one) => /^[\da-f]{6}$/i.test(one)) ? list : undefined;
};

const stops = take('colors', COLOURS.split(','), 'not 2 to 8 colours as in 001a33,ffffff', hexes(2, 8));

export const asked = {
  host: take('host', given.get('host') ? null : '', 'not an address; HOST, HOST:PORT, or either with a /PATH', // null: one that is none
    fits(ADDRESS)),
  stops,                       // six digits each
  background: take('background', stops.slice(0, 1), 'not a colour as in 001a33', hexes(1, 1))[0],
  transparent: take('transparent', false, 'neither 1 nor 0', yes),
  captions: take('captions', true, 'neither 1 nor 0', yes),
  rate: take('rate', 0, 'not a whole number from 1 to 120', within(1, 120, true)), // 0: the usual
  add: take('add', '', 'not of levels,bands,onsets', fits(/^(levels|bands|onsets)(,(levels|bands|onsets))*$/)),
  detail: take('detail', 0, 'not from 0.1 to 1', within(0.1, 1)),                  // 0: by itself
  scene: take('scene', 'waves', 'not the name of a scene', fits(/^[a-z-]{1,32}$/)),
  audience: given.has('rate'), // one of many: streams alone, as few as will do, and nothing that is asked or steered
};

// Not on an audience's: those who pass a link on add names of their own to it.
if (!asked.audience) {
  for (const name of given.keys()) if (!NAMES.includes(name)) faults.push(`${name}: no such name; there are ${NAMES.join(', ')}`);
}
