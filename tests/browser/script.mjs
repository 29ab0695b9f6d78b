// SPDX-License-Identifier: GPL-3.0-or-later
// Streams that say what a test has written: the page is the broadcaster's, its metrics and events come from here.
import { open, url } from './browser.mjs';

const BEAT_MS = 33;

const channel = (i, amplitude) => ({ channel: i, frequency: 440, amplitude, phase: i % 3 * 0.1 + i, active: amplitude > 0 });

export class Script {
  // Two channels, eight bands. What is changed here is in the next message.
  constructor() {
    this.amplitude = [0.25, 0.125];
    this.levels = [{ rms: 0, peak: 0, clipped: 0 }, { rms: 0, peak: 0, clipped: 0 }];
    this.bands = [0, 0, 0, 0, 0, 0, 0, 0];
    this.strength = 0;
    this.names = null; // as /api/status says them
    this.status = {};  // what else it says
    this.absent = false; // whether the messages say that there is no analyser
    this.away = false;   // whether nobody takes a stream
    this.frame = 0;
    this.asked = [];   // the streams' addresses
    this.sockets = { metrics: new Set(), events: new Set() };
  }

  // So many channels, of all kinds of level, and phases of which some are close together.
  channels(count) {
    this.amplitude = Array.from({ length: count }, (_, i) => 0.9 / (1 + i % 5));
    this.levels = this.amplitude.map((peak) => ({ rms: peak / 3, peak, clipped: 0 }));
  }

  message() {
    const { amplitude, levels, bands, strength } = this.absent ? { amplitude: [], levels: [], bands: [], strength: 0 } : this;
    const added = (list) => list && list.map((level, i) => ({ channel: i, ...level }));
    this.frame++;
    return JSON.stringify({
      frame: this.frame, timestamp: 1e9 + this.frame * BEAT_MS / 1000, ici: 0.5, criticality: 1, phase_coherence: 0.5, spectral_centroid: 440,
      phi_depth: 0.5, phi_phase: 1, phi_breathing_active: false, active_channels: amplitude.filter((a) => a > 0).length,
      channel_metrics: amplitude.map((a, i) => channel(i, a)), levels: added(levels) ?? undefined, bands: bands ?? undefined,
      onset_strength: strength ?? undefined,
    });
  }

  // An onset is for the streams that ask for it, all else for all of them.
  event(event) {
    for (const socket of this.sockets.events) {
      if (event.type !== 'onset' || new URL(socket.url()).searchParams.get('add') === 'onsets') socket.send(JSON.stringify(event));
    }
  }

  async cut() {
    await Promise.all([...this.sockets.metrics].map((socket) => socket.close()));
  }

  async take(page, stream) {
    await page.routeWebSocket(new RegExp(`/ws/${stream}`), (socket) => {
      this.asked.push(socket.url());
      if (this.away) {
        socket.close();
        return;
      }
      this.sockets[stream].add(socket);
      socket.onClose(() => this.sockets[stream].delete(socket));
    });
  }

  async open(browser, path = '/', options = {}) {
    const page = await open(browser, 'about:blank', options);
    await this.take(page, 'metrics');
    await this.take(page, 'events');
    await page.route('**/api/status', async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      Object.assign(json, this.status);
      if (this.names) json.analyser = { ...json.analyser, channel_names: this.names }; // also of one that says nothing of itself
      await route.fulfill({ response, json });
    });
    await page.goto(url + path);
    this.play();
    return page;
  }

  play() {
    this.timer = setInterval(() => {
      const message = this.message();
      for (const socket of this.sockets.metrics) socket.send(message);
    }, BEAT_MS).unref();
  }

  pause() {
    clearInterval(this.timer);
  }

  async close(page, close) {
    this.pause();
    await page.unrouteAll({ behavior: 'wait' });
    await close(page);
  }
}
