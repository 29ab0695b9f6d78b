// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket that comes back by itself.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;
const OPENING_MS = 5000;

export class Stream {
  // onText is called with each message's text, onOpen after each connect.
  constructor(url, onText, onOpen = () => {}) {
    this.url = url;
    this.onText = onText;
    this.onOpen = onOpen;
    this.open = false;
    this.failures = 0;   // in a row
    this.retryAt = 0;    // performance.now() of the next try, while there is none under way
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    this.retryAt = 0;
    const ws = new WebSocket(this.url);
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
      this.open = false;
      const wait = backoff(this.failures++);
      this.retryAt = performance.now() + wait;
      this.timer = setTimeout(() => this.connect(), wait);
    };
  }

  // Someone has come back to the page: no need to wait on.
  hurry() {
    if (this.retryAt) this.connect();
  }
}

// Doubles with each failure; half of it by chance, so that many pages do not come back as one.
export function backoff(failures) {
  const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
  return wait * (0.5 + Math.random() / 2);
}

// The token of a broadcaster that asks for one: the page's own ?token=.
export const token = new URLSearchParams(location.search).get('token');

export function streamUrl(stream, query = {}, host = location.host) {
  const asked = new URLSearchParams(token === null ? query : { ...query, token }).toString();
  return `${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${host}/ws/${stream}${asked && `?${asked}`}`;
}
