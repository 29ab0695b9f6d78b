// SPDX-License-Identifier: GPL-3.0-or-later
// A recording in place of an analyser: that it is one, where it stands, and what it is asked to do.
import { $, attribute, text } from './page.js';
import { askStatus, post, server } from './server.js';
import { t } from './words.js';

const HELD_MS = 1000; // a slider that was touched follows the recording again after this

let heldUntil = 0;

const clock = (s) => {
  const whole = Math.floor(s);
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  const two = (n) => String(n).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

// It has gone on since the broadcaster said where it is.
function positionNow(replay, now) {
  const moves = !replay.paused && !replay.ended;
  const position = replay.position + (moves ? (now - server.askedAt) / 1000 * replay.speed : 0);
  return Math.min(position, replay.duration ?? Infinity);
}

async function wish(change) {
  const answer = await post('api/replay', change);
  text($('replay-answer'), answer.ok ? '' : answer.detail);
  await askStatus();
}

export function startReplay() {
  $('replay-pause').addEventListener('click', () => {
    const { paused, ended } = server.replay;
    wish({ paused: !paused && !ended });
  });
  $('replay-position').addEventListener('input', () => { heldUntil = performance.now() + HELD_MS; });
  $('replay-position').addEventListener('change', () => wish({ position: Number($('replay-position').value) }));
  $('replay-speed').addEventListener('change', () => wish({ speed: Number($('replay-speed').value) }));
}

// A speed that is not in the list, asked for elsewhere, gets into it.
function showSpeed(speed) {
  const list = $('replay-speed');
  if (document.activeElement === list) return;
  if (![...list.options].some((option) => Number(option.value) === speed)) list.add(new Option(`${speed} ×`, String(speed)));
  if (Number(list.value) !== speed) list.value = String(speed);
}

export function drawReplay(now) {
  const { replay } = server;
  if ($('replay').hidden !== !replay) $('replay').hidden = !replay;
  if (!replay) return;
  const position = positionNow(replay, now);
  const stands = replay.paused || replay.ended;
  const slider = $('replay-position');
  text($('replay-file'), replay.file.replace(/^.*\//, ''));
  text($('replay-pause'), t(stands ? 'play' : 'pause'));
  text($('replay-time'), `${clock(position)} / ${replay.duration === null ? '–' : clock(replay.duration)}`);
  slider.disabled = !replay.can_seek || replay.duration === null;
  attribute(slider, 'max', String(replay.duration ?? 0));
  if (now > heldUntil) slider.value = String(position);
  showSpeed(replay.speed);
}
