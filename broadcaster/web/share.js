// SPDX-License-Identifier: GPL-3.0-or-later
// The dialog that shows how other machines open the pages: a link, and a QR code of it. Asked for when it is opened.
import { access, ask } from './access.js';
import { $, attribute, text } from './page.js';
import { ANSWER_MS, server } from './server.js';
import { encode } from './vendor/uqr/index.mjs';
import { named, t } from './words.js';

const QUIET = 4; // modules of white around the code

const STAGE = ['state', 'ici', 'criticality', 'phase_coherence'];

const views = () => [['', t('share_dashboard')], ['visual', t('visual')],
  ...STAGE.map((name) => [`stage?show=${name}`, t('share_stage', named('name', name))]), [`stage?show=${STAGE}`, t('share_stage', t('share_four'))]];

const isLoopback = (name) => /^(localhost|.*\.localhost|127\.[\d.]+|\[::1\])$/.test(name);

// Ours first, if others may come by it: behind a proxy the broadcaster does not know it.
function addresses(urls) {
  const own = isLoopback(access.base.hostname) ? [] : [access.base.href];
  return [...new Set([...own, ...urls.map((url) => `${url}/`)])];
}

// Our own token, and the viewer's, which the server tells to who may steer.
function tokens(viewer) {
  const own = access.token && [[access.token, t(server.access === 'control' ? 'share_own' : 'share_own_look')]];
  return [['', t('share_none')], ...viewer ? [[viewer, t('share_viewer')]] : [], ...own || []];
}

function fill(select, rows) {
  const was = select.value;
  select.replaceChildren(...rows.map(([value, label]) => new Option(label, value)));
  if (rows.some(([value]) => value === was)) select.value = was;
}

async function askLinks() {
  try {
    const response = await ask('api/links', { signal: AbortSignal.timeout(ANSWER_MS) });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function note(address, token) {
  if (!token) return access.token ? t('share_asks') : '';
  const steers = token === access.token && server.access === 'control' ? `${t('share_steers')} ` : '';
  return steers + (address.startsWith('http:') ? t('share_plain') : '');
}

function drawCode(link) {
  const { data, size } = encode(link, { ecc: 'M', border: QUIET });
  const dark = data.flatMap((row, y) => row.flatMap((on, x) => (on ? [`M${x} ${y}h1v1h-1z`] : [])));
  attribute($('share-code'), 'viewBox', `0 0 ${size} ${size}`);
  attribute($('share-code').firstElementChild, 'd', dark.join(''));
}

function draw() {
  const address = $('share-at').value;
  const token = $('share-token').value;
  const link = `${address}${$('share-view').value}${token ? `#token=${encodeURIComponent(token)}` : ''}`;
  drawCode(link);
  attribute($('share-link'), 'href', link);
  text($('share-link'), link);
  text($('share-note'), note(address, token));
}

// No token stays on the page.
function clear() {
  $('share-token').replaceChildren();
  $('share-code').firstElementChild.removeAttribute('d');
  $('share-link').removeAttribute('href');
  text($('share-link'), '');
}

for (const id of ['share-view', 'share-at', 'share-token']) $(id).addEventListener('change', draw);
$('share').addEventListener('close', clear);

export async function openShare() {
  if ($('share').open) return;
  $('share').showModal();
  const links = await askLinks();
  if (!$('share').open) return;
  const at = addresses(links?.urls ?? []);
  fill($('share-view'), views());
  fill($('share-at'), at.map((address) => [address, address.replace(/\/$/, '')]));
  fill($('share-token'), tokens(links?.viewer_token));
  $('share-open').hidden = at.length === 0;
  $('share-token').parentElement.hidden = $('share-token').options.length < 2;
  $('share-none').hidden = at.length > 0;
  text($('share-none'), t(links ? 'share_closed' : 'unanswered'));
  if (at.length > 0) draw();
}
