// SPDX-License-Identifier: GPL-3.0-or-later
// What the stage view can show, by the names that its address gives (show=): the state, the numbers of the table of metrics, and
// with a channel's number behind them (level:3) those of a channel.
import { described } from './described.js';
import { model, stateNow } from './model.js';
import { decibels, minus } from './page.js';
import { parts } from './parts.js';
import { server } from './server.js';

const LEVELS = { // which the page measures from what comes, as the dashboard's meters do
  level: { unit: 'dBFS', read: (i) => decibels(Math.sqrt(parts.power[i])) },
  peak: { unit: 'dBFS', read: (i) => decibels(parts.peak[i]) },
};
const UNSEEN = ['frame', 'timestamp', 'active']; // nothing to be read across a room
const HOT_DB = -9; // as on the meters
const FULL_DB = -1;

const rows = (group) => Object.values(described[group] ?? {}).filter(({ name }) => !UNSEEN.includes(name));

// All the names that there are, for people.
export function offered() {
  const channel = [...Object.keys(LEVELS), ...rows('channel_metrics').map(({ name }) => name)];
  return ['state', ...rows('metrics').map(({ name }) => name), ...channel.map((name) => `${name}:N`)].join(', ');
}

const words = (name) => (name === 'ici' ? 'ICI' : name.replaceAll('_', ' '));

function print(value, { type, unit }) {
  if (type === 'boolean') return value ? 'on' : 'off';
  if (!Number.isFinite(value)) return value === -Infinity ? '−∞' : '–';
  if (type === 'integer') return String(value);
  if (unit === 'rad') return minus(value * 180 / Math.PI, 0);
  return minus(value, unit === 'Hz' ? 0 : unit === 'dBFS' ? 1 : 2);
}

const unitOf = ({ unit }) => (unit === 'rad' ? '°' : unit);

function label(name, unit) {
  return unit ? `${name}, ${unit}` : name;
}

const thresholds = { ici: 'iciThreshold', criticality: 'criticalityThreshold' };

function ofFrame(row) {
  const { name } = row;
  return {
    label: () => label(words(name), unitOf(row)),
    read: () => {
      const value = model.message[name];
      return { text: print(value, row), tone: value >= server[thresholds[name]] ? 'over' : '' };
    },
  };
}

function ofChannel(name, number) {
  const i = number - 1;
  const row = described.channel_metrics[name];
  const unit = LEVELS[name]?.unit ?? unitOf(row);
  const channelName = () => server.analyser?.channel_names?.[i] || '';
  const value = () => {
    const channel = model.message.channel_metrics[i];
    if (LEVELS[name]) return parts.levels ? LEVELS[name].read(i) : NaN;
    return channel.active ? channel[name] : NaN;
  };
  return {
    label: () => label([`${words(name)} ${number}`, channelName()].filter(Boolean).join(' · '), unit),
    read: () => {
      if (i >= model.channels) return { text: '–', tone: 'gone' };
      const now = value();
      const tone = unit !== 'dBFS' ? '' : now >= FULL_DB ? 'full' : now >= HOT_DB ? 'hot' : '';
      return { text: print(now, { unit: LEVELS[name]?.unit ?? row.unit, type: 'number' }), tone };
    },
  };
}

const state = { label: () => 'state', read: () => ({ text: stateNow(), tone: stateNow() }), characters: 9 };

// {label(), read()} of a name; null: there is none of that name. read() is for a time when numbers come.
export function find(name) {
  if (name === 'state') return state;
  const [, word, number] = /^(\w+):([1-9]\d?)$/.exec(name) ?? [];
  if (word && Number(number) <= 64 && (Object.hasOwn(LEVELS, word) || rows('channel_metrics').some((row) => row.name === word))) {
    return ofChannel(word, Number(number));
  }
  const row = rows('metrics').find((each) => each.name === name);
  return row ? ofFrame(row) : null;
}
