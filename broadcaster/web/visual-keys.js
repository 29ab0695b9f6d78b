// SPDX-License-Identifier: GPL-3.0-or-later
// Keys, and what fingers do on the picture: tap, swipe, hold. A mouse has the double click.
const SWIPE_PX = 50;
const TAP_PX = 15;
const HOLD_MS = 500;

// Which action a finger's way stands for; undefined: none.
function gesture(dx, dy, ms) {
  if (Math.abs(dx) > SWIPE_PX && Math.abs(dx) > 2 * Math.abs(dy)) return dx < 0 ? 'next' : 'previous';
  if (Math.hypot(dx, dy) > TAP_PX) return undefined;
  return ms < HOLD_MS ? 'captions' : 'fullScreen';
}

function takeFingers(picture, act) {
  const down = new Map(); // by pointer
  const isFinger = (event) => event.pointerType === 'touch' || event.pointerType === 'pen';
  picture.addEventListener('pointerdown', (event) => {
    if (isFinger(event)) down.set(event.pointerId, event);
  });
  picture.addEventListener('pointercancel', (event) => down.delete(event.pointerId));
  picture.addEventListener('pointerup', (event) => {
    const start = down.get(event.pointerId);
    const alone = down.size === 1;
    down.delete(event.pointerId);
    if (!start || !alone) return;
    act(gesture(event.clientX - start.clientX, event.clientY - start.clientY, event.timeStamp - start.timeStamp));
  });
  picture.addEventListener('contextmenu', (event) => { if (isFinger(event)) event.preventDefault(); });
}

// actions: {help, fullScreen, captions, next, previous, dashboard}, null for one that is not to be had
export function takeKeys(picture, actions) {
  const keys = { h: 'help', '?': 'help', f: 'fullScreen', l: 'captions', s: 'next', d: 'dashboard' };
  const act = (name) => actions[name]?.();
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    act(event.key === 'S' && event.shiftKey ? 'previous' : keys[event.key.toLowerCase()]);
  });
  document.addEventListener('dblclick', actions.fullScreen);
  takeFingers(picture, act);
}
