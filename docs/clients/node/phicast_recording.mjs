// SPDX-License-Identifier: GPL-3.0-or-later
// Reads recordings (docs/recording.md): node phicast_recording.mjs FILE...
import { readFileSync } from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';

const BARE = { ici: 'metrics', total_latency_ms: 'latency', type: 'events' }; // what phicast-render prints, by its keys

// { t, stream, message } after { t, stream, message }, as far as the file can be read.
export function* messages(path) {
  let data = readFileSync(path);
  if (data[0] === 0x1f && data[1] === 0x8b) data = gunzipSync(data, { finishFlush: constants.Z_SYNC_FLUSH }); // its end may be missing
  for (const line of data.toString().split('\n').slice(0, -1)) { // what is behind the last \n was cut short
    const row = JSON.parse(line);
    const stream = row.stream ?? BARE[Object.keys(BARE).find((key) => key in row)];
    if (stream && !('phicast' in row)) yield { t: row.t ?? row.timestamp, stream, message: row.message ?? row };
  }
}

for (const path of process.argv.slice(2)) {
  const rows = [...messages(path)];
  const counts = {};
  for (const { stream } of rows) counts[stream] = (counts[stream] ?? 0) + 1;
  console.log(path, `${rows.length > 0 ? (rows.at(-1).t - rows[0].t).toFixed(3) : 0} s`, JSON.stringify(counts));
}
