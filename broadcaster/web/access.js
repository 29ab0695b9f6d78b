// SPDX-License-Identifier: GPL-3.0-or-later
// Where the broadcaster is, and the token that opens it if it asks for one: from the page's own address, which it then
// leaves; from an earlier page of this tab; or from the field on the page.
import { $, text } from './page.js';
import { t } from './words.js';

const TOKEN = /^[!-~]{1,255}$/; // what the broadcaster takes for one

export const access = {
  base: new URL('.', location.href), // of all that is asked for: a proxy may have put it under a path of its own
  token: '',
  refused: false, // it is missing, or wrong
};

// Of each broadcaster by itself: a link to this page with ?host= must not send this server's token to another.
const place = () => `token ${access.base.href}`;

function remembered() {
  try {
    return sessionStorage.getItem(place()) ?? '';
  } catch {
    return ''; // the browser keeps nothing
  }
}

function remember() {
  try {
    sessionStorage.setItem(place(), access.token);
  } catch { /* then the next page asks again */ }
}

// ?token= or #token=, '' if there is none. A blank was a plus, for there are none in tokens.
function takeFromAddress() {
  const url = new URL(location.href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const token = url.searchParams.get('token') ?? fragment.get('token');
  if (token === null) return '';
  url.searchParams.delete('token');
  if (fragment.has('token')) url.hash = '';
  history.replaceState(history.state, '', url);
  return token.replaceAll(' ', '+');
}

// Before anything is asked for. host: another broadcaster than the one that the page is from, HOST[:PORT][/PATH].
export function openAccess(host = '') {
  if (host) access.base = new URL(`${location.protocol}//${host.replace(/\/*$/, '')}/`);
  const given = takeFromAddress();
  access.token = given || remembered();
  if (given) remember();
}

// fetch() under the broadcaster's address, with the token.
export async function ask(path, { headers = {}, ...options } = {}) {
  const credentials = access.token ? { Authorization: `Bearer ${access.token}` } : {};
  const response = await fetch(new URL(path, access.base), { ...options, headers: { ...headers, ...credentials } });
  access.refused = response.status === 401;
  showField();
  return response;
}

function showField() {
  const hidden = !access.refused;
  if ($('ask').hidden === hidden) return;
  $('ask').hidden = hidden;
  text($('ask-why'), t(access.token ? 'token_wrong' : 'token_asked'));
  if (!hidden && document.activeElement === document.body) $('token').focus();
}

// onToken is called when one was given that opens.
export function startField(onToken) {
  for (const kind of ['keydown', 'dblclick']) $('ask').addEventListener(kind, (event) => event.stopPropagation()); // no shortcuts
  $('ask').addEventListener('submit', async (event) => {
    event.preventDefault();
    access.token = $('token').value.trim();
    text($('ask-why'), t('token_asking'));
    const opened = TOKEN.test(access.token) && await ask('api/status').then((response) => response.ok, () => null);
    if (opened) {
      remember();
      $('token').value = '';
      onToken();
    } else {
      text($('ask-why'), t(opened === null ? 'unanswered' : 'token_wrong'));
    }
  });
}
