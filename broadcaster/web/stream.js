// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket that comes back by itself.
import { access } from './access.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;
const OPENING_MS = 5000;
const EARLY = 64; // messages that are kept for whoever listens later

export class Stream {
  // url() is asked before each connect.
  constructor(url) {
    this.url = url;
    this.early = [];
    this.first = new Promise((resolve) => { // comes true with the first message, if nobody listens by then
      this.onText = (text) => {
        if (this.early.push(text) > EARLY) this.early.shift();
        resolve();
      };
    });
    this.onOpen = () => {};
    this.onFail = () => {};
    this.open = false;
    this.failures = 0;   // in a row
    this.retryAt = 0;    // performance.now() of the next try, while there is none under way
    this.connect();
  }

  // onText is called with each message's text, onOpen after each connect, onFail after each that came to nothing: first with
  // what has been so far.
  listen(onText, { onOpen = () => {}, onFail = () => {} } = {}) {
    Object.assign(this, { onText, onOpen, onFail });
    if (this.open) onOpen();
    else if (this.failures > 0) onFail();
    this.early.forEach(onText);
    this.early = [];
    return this;
  }

  connect() {
    clearTimeout(this.timer);
    this.retryAt = 0;
    const ws = new WebSocket(this.url());
    this.ws = ws;
    this.timer = setTimeout(() => ws.close(), OPENING_MS);
    ws.onopen = () => {
      clearTimeout(this.timer);
      this.open = true;
      this.failures = 0;
      this.onOpen();
    };
    ws.onmessage = (message) => this.onText(message.data);
    ws.onclose = () => {
      clearTimeout(this.timer);
      if (!this.open) this.onFail();
      this.open = false;
      const wait = backoff(this.failures++);
      this.retryAt = performance.now() + wait;
      this.timer = setTimeout(() => this.connect(), wait);
    };
  }

  // Someone has come back to the page, or given a token: no need to wait on.
  hurry() {
    this.failures = 0;
    if (this.retryAt) this.connect();
  }
}

// Doubles with each failure; half of it by chance, so that many pages do not come back as one.
export function backoff(failures) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  return wait * (0.5 + Math.random() / 2);
}

// A browser cannot set headers on a WebSocket, so the token is in its address.
export function streamUrl(stream, query = {}) {
  const url = new URL(`ws/${stream}`, access.base);
  url.protocol = url.protocol.replace('http', 'ws');
  url.search = new URLSearchParams(access.token ? { ...query, token: access.token } : query);
  return url;
}
