// SPDX-License-Identifier: GPL-3.0-or-later
// What level meters have in common: a scale that gives the upper decibels the room, and peaks that stay a while.

export const FLOOR_DB = -60;
const HOLD_MS = 1700;   // how long a peak stays
const FALL_DB_S = 20;   // how fast it falls then

// IEC 60268-10's deflection: [dB, share of the scale from −70 dB on].
const DEFLECTION = [[-60, 0.025], [-50, 0.075], [-40, 0.15], [-30, 0.3], [-20, 0.5], [0, 1]];

// 0 … 1: where a level stands between −60 and 0 dB.
export function share(db) {
  if (!(db > FLOOR_DB)) return 0;
  if (db >= 0) return 1;
  let i = 1;
  while (db > DEFLECTION[i][0]) i++;
  const [[fromDb, from], [toDb, to]] = [DEFLECTION[i - 1], DEFLECTION[i]];
  const [, first] = DEFLECTION[0];
  return (from + (to - from) * (db - fromDb) / (toDb - fromDb) - first) / (1 - first);
}

// The highest of some levels, in dB, which stay and then fall.
export class Hold {
  constructor(count) {
    this.top = new Float64Array(count).fill(-Infinity); // dB
    this.at = new Float64Array(count).fill(-Infinity);  // ms: when that was reached
  }

  // What it is at that time.
  read(i, now) {
    return this.top[i] - FALL_DB_S * Math.max(0, now - this.at[i] - HOLD_MS) / 1000;
  }

  // A level that was measured then.
  take(i, db, now) {
    if (!(db >= this.read(i, now))) return;
    this.top[i] = db;
    this.at[i] = now;
  }

  forget() {
    this.top.fill(-Infinity);
    this.at.fill(-Infinity);
  }
}
