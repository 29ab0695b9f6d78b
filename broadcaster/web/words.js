// SPDX-License-Identifier: GPL-3.0-or-later
// All words of the dashboard, here in English. words.LANGUAGE.js has them in others, and is loaded when it is asked for.
// about_NAME explains a number; of the metrics it is only in the other languages, for the English of those is the server's.
import { $, attribute, remember, remembered, text } from './page.js';

const LANGUAGES = ['en', 'de', 'fr'];

export const english = {
  state: 'state', active: 'active', of: '{0} of {1}', frame: 'frame', view: 'View', big: 'Big', theme: 'Theme: {0}', auto: 'auto', dark: 'dark',
  light: 'light', visual: 'Visual', help: 'Help', language: 'Language', metrics: 'Metrics', on: 'on', off: 'off', yes: 'yes', no: 'no',
  link_connecting: 'connecting', link_live: 'live', link_stale: 'stale for {0} s', link_absent: 'no analyser', link_offline: 'offline, trying again',
  link_retry: 'offline, trying again in {0} s', link_locked: 'not let in', link_replay: 'replay', link_paused: 'paused', link_ended: 'ended',
  why_absent: 'No analyser is running: start phicast-jack -n {0}, and the page goes on by itself.',
  why_refused: 'The analyser cannot be read: {0}.',
  why_stale: 'No new numbers come from the analyser: look whether it and its JACK server still run.',
  why_offline: 'The broadcaster does not answer: look whether phicast-broadcaster runs and the network is up; the page comes back by itself.',
  state_idle: 'idle', state_ambient: 'ambient', state_coherent: 'coherent', state_turbulent: 'turbulent', state_critical: 'critical', state_offline: 'offline',
  why_signal_onset: 'signal onset', why_signal_lost: 'signal lost', why_ici_threshold: 'ICI threshold', why_criticality_threshold: 'criticality threshold',
  why_analyser_lost: 'analyser lost', why_analyser_found: 'analyser found', why_criticality_optimization: 'criticality optimisation',
  why_coherence_tracking: 'coherence tracking',
  token: 'Token', open: 'Open', token_asked: 'The broadcaster asks for a token: enter the one that it was started with.',
  token_wrong: 'The broadcaster does not take this token: enter the one that it was started with.', token_asking: 'asking …',
  unanswered: 'The broadcaster does not answer.', refused_with: 'Refused with {0}.',
  replay: 'Replay', replay_what: 'a recording, not what sounds now', pause: 'Pause', play: 'Play', position: 'Position, seconds', speed: 'Speed',
  plot_ici: 'ICI over the last 30 seconds, with its threshold', plot_coherence: 'Phase coherence over the last 30 seconds',
  plot_criticality: 'Criticality over the last 30 seconds, with 1 and its threshold', plot_centroid: 'Spectral centroid over the last 30 seconds',
  now: 'now', needs_two: 'Needs two active channels.',
  channels: 'Channels', no_channels: 'No channels.', input: 'in {0}', silent: 'silent', clip: 'clip', partial_only: '−60 to 0 dBFS',
  clip_on: 'clip light of channel {0}, on: put it out', clip_off: 'clip light of channel {0}, off', rms_is: 'RMS {0}',
  events: 'Events', events_what: 'the last 64', no_events: 'None yet.', critical_for: 'critical for {0} s', critical_peak: 'peak {0}, ICI {1}', depth_event: 'φ depth {0} → {1}',
  bands: 'Bands', bands_what: 'of the mix; dBFS', bands_picture: 'Level of each band',
  circle_picture: 'The phase of each active channel on a circle; the arrow is the channels\' sum', relative: 'Relative',
  phi_breathing: 'Phi breathing', breath_picture: 'The breathing\'s gain over one cycle, and where it is now', breathing: 'Breathing', auto_phi: 'Auto-phi',
  latency: 'Latency', calibrate: 'Calibrate', measuring: 'Measuring …', unmeasured: 'No answer from the analyser.',
  calibrated_to: 'Calibrated: round trip {0} ms.', calibration_silent: 'Nothing came back: connect calibration_out to calibration_in.',
  calibration_clipped: 'What came back is cut off at full scale: turn it down.', calibration_noise: 'Something came back, but not the test signal.',
  calibration_ambiguous: 'The test signal came back twice: leave one path only.', calibration_spoiled: 'Samples were missed meanwhile: try again.',
  calibration_refused: 'Connect calibration_out and calibration_in first.',
  recorder: 'Recorder', record: 'Record', recording_ended: 'The recording has ended: {0}.', recording_slow: 'The disk does not keep up: {0} messages are missing.',
  no_targets: 'None: no OSC is sent.', send_to: 'Send to', target_how: 'osc.udp://HOST:PORT, or osc.tcp://', target_keep: 'also after a restart', add: 'Add',
  remove: 'Remove', remove_what: 'Remove {0}', kept: 'kept', sent: '{0} sent, {1} dropped', added: '{0} is added.', removed: '{0} is removed.',
  phone: 'Phone', awake: 'Awake', key_phone: 'a link and a QR code, to open it on a phone', key_awake: 'the screen stays on',
  awake_insecure: 'The screen may go off: browsers keep it on for https:// pages alone.', awake_unable: 'The screen may go off: this browser cannot keep it on.',
  awake_refused: 'The screen may go off: the browser does not keep it on ({0}).',
  share: 'On a phone', share_asking: 'asking …', share_view: 'Opens', share_at: 'At', share_code: 'QR code of the link below',
  share_dashboard: 'dashboard', share_stage: 'stage: {0}', share_four: 'these four', share_own: 'this page\'s, which steers', share_own_look: 'this page\'s, to look',
  share_none: 'none', share_viewer: 'the viewer\'s, to look', share_asks: 'The phone is going to be asked for a token.',
  share_steers: 'Whoever sees this code can steer.', share_plain: 'The token crosses the network unencrypted (--tls-cert).',
  share_closed: 'Only this machine reaches the broadcaster. For others, start it with --bind 0.0.0.0 --token-file FILE, and --viewer-token-file FILE for who is to look only (docs/security.md).',
  name_edges: 'Edges', about_edges: 'where the streams are published for large audiences, and how far each is', publishing: 'publishing', lag: 'lag {0}',
  edge_sent: '{0} sent, {1} skipped', edge_waits: '{0} events wait', edge_lost: '{0} events lost',
  name_patch: 'Inputs', about_patch: 'which JACK port feeds which input; what is connected here stays as if done in a patchbay', no_patch: 'Nothing feeds the inputs.',
  patch_source: 'Source', patch_channel: 'Input', connect: 'Connect', disconnect: 'Disconnect', disconnect_what: 'Disconnect {0} from input {1}',
  patched: '{0} feeds input {1}.', unpatched: '{0} does not feed input {1} any more.', patch_failed: 'JACK did not do it; the analyser\'s log may say why.',
  patch_more: '{0} more are not listed.',
  name_mqtt: 'MQTT', about_mqtt: 'the broker that gets it all, and takes commands',
  name_refused: 'Refused pages', about_refused: 'sites whose pages wanted the streams, or to steer, with the option of phicast-broadcaster that lets them in',
  refused_times: '{0} ×, last at {1}', refused_admit: 'let in by', refused_never: 'nothing lets it in',
  keys: 'Keys', key_big: 'big numbers, for reading across the room', key_theme: 'theme: automatic, dark, light', key_visual: 'the full-screen visual',
  key_relative: 'phases relative to the strongest channel, or as they are', key_depth: 'breathing depth down, up', key_breathing: 'breathing on, off',
  key_auto: 'auto-phi on, off', key_calibrate: 'calibrate', key_record: 'record, where the broadcaster may', key_clips: 'clip lights out; each by itself with a click',
  key_help: 'this help', help_sliders: 'Sliders take the arrow, Page, Home and End keys. Moving depth or phase suspends auto-phi.',
  help_about: 'Every number explains itself: point at it, tap it, or come to it with Tab. Esc closes what is open.',
  keys_on: 'single keys are on', close: 'Close',

  name_ici: 'ICI', name_phase_coherence: 'Phase coherence', name_criticality: 'Criticality', name_spectral_centroid: 'Centroid', name_frame: 'Frame',
  name_active_channels: 'Active', name_frequency: 'Frequency', name_phi_depth: 'Depth', name_phi_phase: 'Phase', name_phi_breathing_active: 'Breathing',
  name_total_latency_ms: 'Total', name_jitter_ms: 'Wake-up jitter', name_compensation_ms: 'Compensation', name_calibrated: 'Calibrated', name_band: 'Band',
  name_link: 'Connection', about_link: 'whether new numbers come, and from where',
  name_state: 'State', about_state: 'what the sound does, by the thresholds of ICI and criticality: ambient is below both, critical above both',
  name_rate: 'Rate', about_rate: 'frames that came in the last second',
  name_held: 'Peak', about_held: 'highest true peak (ITU-R BS.1770) in dBFS; stays for 1.7 s, then falls 20 dB a second, with the line on the bar',
  name_rms: 'RMS', about_rms: 'root of the mean square over 0.15 s, in dBFS',
  name_level: 'Level', about_level: 'amplitude of the strongest partial, in dBFS',
  name_note: 'Note', about_note: 'of the strongest partial, and the cents from it; A4 is 440 Hz',
  name_clip: 'Clip', about_clip: 'lit since a sample reached full scale, until it is put out',
  name_phase: 'Phase', about_phase: 'of the channel\'s strongest partial; to the right is 0°, up is 90°',
  name_channel: 'Channel', about_channel: 'number of the input, and what feeds it',
  name_readout: 'One channel', about_readout: 'the one that is pointed at, or the loudest: peak and RMS, strongest partial with its phase',
  name_events: 'Events', about_events: 'changes of state with their confidence, ended critical states, moves of auto-phi; newest first',
  name_loudest: 'Loudest', about_loudest: 'the band with the highest held peak, by its middle, and that peak in dBFS',
  name_onsets: 'Onsets', about_onsets: 'notes and hits that began in the last minute',
  name_phases: 'Phases', about_phases: 'each active channel\'s strongest partial; those in phase stand together',
  name_order: 'Order', about_order: 'phase coherence as the arrow\'s length: 1 is all in phase; it points where the channels\' sum points',
  name_phi_rate: 'Rate', about_phi_rate: 'breaths a second', name_auto_phi: 'Auto-phi', about_auto_phi: 'the analyser moves depth and phase by itself',
  name_converter: 'Capture, converters', about_converter: 'from the input to JACK, but for one period', name_period: 'JACK period', about_period: 'the sound waits until a period is full',
  name_window: 'Rest of the window', about_window: 'half a window of sound has to come in after the moment that is measured',
  name_wait: 'Hop, computing, tick', about_wait: 'until the next analysis, its computing, and the next message',
  name_dsp_load: 'DSP load', about_dsp_load: 'share of JACK\'s period that all its clients use', name_xruns: 'Xruns', about_xruns: 'periods that came too late since the analyser\'s start',
  name_record_size: 'Recording', about_record_size: 'its length and its size', name_position: 'Position', about_position: 'where the recording stands, of its length',
  name_speed: 'Speed', about_speed: 'against that at which it was recorded', name_targets: 'OSC targets', about_targets: 'where OSC goes, and how many packets were sent, or dropped on the way out',
};

let words = english;
let language = 'en';
export const languageChanged = []; // functions to call

// The words of that name, with values in their places.
export const t = (key, ...values) => (words[key] ?? english[key] ?? key).replace(/\{(\d)\}/g, (place, i) => values[i]);

// What the server calls so, which may be new to this page.
export const named = (kind, name, otherwise = String(name).replaceAll('_', ' ')) =>
  words[`${kind}_${name}`] ?? (kind !== 'about' && english[`${kind}_${name}`] || otherwise);

// Into the elements that ask for them: data-t for their text, data-label for their label.
export function fill(root = document) {
  for (const node of root.querySelectorAll('[data-t]')) text(node, t(node.dataset.t));
  for (const node of root.querySelectorAll('[data-label]')) attribute(node, 'aria-label', t(node.dataset.label));
}

async function speak(wanted) {
  try {
    if (wanted === 'en') words = english;
    else words = (await import(`./words.${wanted}.js`)).words;
    language = wanted;
  } catch { /* offline: it goes on as it was */ }
  document.documentElement.lang = language;
  $('language').value = language;
  fill();
  for (const call of languageChanged) call();
}

// By the address, as it was chosen before, or as the browser would have it.
function wish() {
  const asked = [new URLSearchParams(location.search).get('lang'), remembered('language', ''), ...navigator.languages];
  return asked.map((each) => each?.slice(0, 2).toLowerCase()).find((each) => LANGUAGES.includes(each)) ?? 'en';
}

export function startWords() {
  $('language').addEventListener('change', () => {
    const url = new URL(location.href);
    url.searchParams.delete('lang');
    history.replaceState(history.state, '', url);
    remember('language', $('language').value);
    speak($('language').value);
  });
  return speak(wish());
}
