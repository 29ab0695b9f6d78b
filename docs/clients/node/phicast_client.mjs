#!/usr/bin/env node
// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what Phicast's streams say; a client to start from. Needs ws (npm install ws), Node 18 or newer.
//
//     node phicast_client.mjs [--host localhost:8000] [--token-file FILE] [--tls | --ca FILE] [--seconds S] [metrics|latency|events ...]
//
// --token-file: the token is in FILE, as for phicast-broadcaster. --tls: wss://, with a certificate that Node trusts; --ca: one
// that is signed by those in FILE (PEM).
//
// It reconnects with exponential backoff and jitter, works off messages from a queue that drops the oldest when it is
// too slow, checks each message, and says when a stream is slower than it should be. Ctrl-C ends it.
// Put your own work into handle().
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30000;
const QUEUE_LENGTH = 256;
const RATES = { metrics: 30, latency: 10 }; // Hz
const NUMBERS = {
  metrics: ['frame', 'timestamp', 'ici', 'criticality', 'phase_coherence', 'spectral_centroid', 'phi_depth', 'phi_phase', 'active_channels'],
  latency: ['timestamp', 'total_latency_ms', 'hardware_latency_ms', 'software_latency_ms', 'buffer_latency_ms', 'jitter_ms', 'compensation_ms'],
  events: ['timestamp'],
};

// Your work; may be async, and is called with one message after the other.
async function handle(stream, message) {
  if (stream === 'metrics') {
    console.log(`frame ${message.frame}: ICI ${message.ici.toFixed(3)}, criticality ${message.criticality.toFixed(2)}, ` +
      `coherence ${message.phase_coherence.toFixed(3)}, ${message.active_channels} active`);
  } else if (stream === 'latency') {
    console.log(`latency ${message.total_latency_ms.toFixed(1)} ms`);
  } else {
    console.log(`event ${message.type}: ${JSON.stringify(message)}`);
  }
}

// The message, or null (and a word on standard error) if it is not what the contract promises.
function parse(stream, text) {
  try {
    const message = JSON.parse(text);
    const good = NUMBERS[stream].every((key) => Number.isFinite(message[key])) &&
      (stream !== 'metrics' || Array.isArray(message.channel_metrics)) &&
      (stream !== 'events' || typeof message.type === 'string');
    if (good) return message;
  } catch { /* said below */ }
  console.error(`${stream}: not understood: ${String(text).slice(0, 200)}`);
  return null;
}

const queue = [];
let working = false;

async function work() {
  if (working) return;
  working = true;
  while (queue.length > 0) {
    const [stream, message] = queue.shift();
    try {
      await handle(stream, message);
    } catch (error) { // one bad message must not end the show
      console.error(`${stream}: handle() failed:`, error);
    }
  }
  working = false;
}

function offer(stream, message) {
  if (queue.length >= QUEUE_LENGTH) queue.shift();
  queue.push([stream, message]);
  work();
}

// Compares the messages of the last five seconds with what was promised.
function rateMonitor(stream) {
  let [start, count] = [performance.now(), 0];
  return () => {
    count++;
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed < 5) return;
    if (RATES[stream] && count / elapsed < 0.8 * RATES[stream]) {
      console.error(`${stream}: ${(count / elapsed).toFixed(1)} messages a second instead of ${RATES[stream]}`);
    }
    [start, count] = [performance.now(), 0];
  };
}

let ending = false;
const sockets = new Map();
const timers = new Map();

// server: {address, options} of what is common to all streams.
function listen(server, stream, wait = FIRST_WAIT_MS) {
  const ws = new WebSocket(`${server.address}/ws/${stream}`, { handshakeTimeout: 5000, ...server.options });
  const tick = rateMonitor(stream);
  let next = Math.min(wait * 2, LONGEST_WAIT_MS);
  let reason = 'the server has closed the connection';
  sockets.set(stream, ws);
  ws.on('open', () => {
    console.error(`${stream}: connected`);
    wait = next = FIRST_WAIT_MS;
  });
  ws.on('message', (data) => {
    tick();
    const message = parse(stream, data.toString());
    if (message) offer(stream, message);
  });
  ws.on('error', (error) => { // 401 comes before the stream, so it is only in the text
    reason = /\b401$/.test(error.message) ? 'the token is missing or wrong (401); give --token-file' : error.message || error.code;
  });
  ws.on('close', () => {
    sockets.delete(stream);
    if (ending) return;
    const pause = wait * (0.5 + Math.random() / 2);
    console.error(`${stream}: ${reason}; trying again in ${(pause / 1000).toFixed(1)} s`);
    timers.set(stream, setTimeout(listen, pause, server, stream, next));
  });
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}

function serverOf({ host, tls, ca, 'token-file': tokenFile }) {
  const options = ca ? { ca: read(ca) } : {};
  if (tokenFile) options.headers = { Authorization: `Bearer ${read(tokenFile).trim()}` };
  return { address: `${tls || ca ? 'wss' : 'ws'}://${host}`, options };
}

function end() {
  ending = true;
  for (const timer of timers.values()) clearTimeout(timer);
  for (const ws of sockets.values()) ws.close(1000);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: 'localhost:8000' },
    'token-file': { type: 'string' },
    tls: { type: 'boolean' },
    ca: { type: 'string' },
    seconds: { type: 'string' },
  },
});
const streams = positionals.length > 0 ? positionals : Object.keys(NUMBERS);
const unknown = streams.filter((stream) => !(stream in NUMBERS));
if (unknown.length > 0) {
  console.error(`no such stream: ${unknown.join(', ')}; there are ${Object.keys(NUMBERS).join(', ')}`);
  process.exit(2);
}
process.once('SIGINT', end);
process.once('SIGTERM', end);
if (values.seconds) setTimeout(end, Number(values.seconds) * 1000).unref();
const server = serverOf(values);
for (const stream of streams) listen(server, stream);
