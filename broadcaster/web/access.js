// SPDX-License-Identifier: GPL-3.0-or-later
// Where the broadcaster is, and the token that opens it if it asks for one: from the page's own address, which it then
// leaves; from an earlier page of this tab; or from the field on the page (token.js).
export const access = {
  base: new URL('.', location.href), // of all that is asked for: a proxy may have put it under a path of its own
  token: '',
  refused: false, // it is missing, or wrong
  onAnswer: () => {}, // called when it is known whether it is
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

export function rememberToken() {
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
  if (given) rememberToken();
}

// fetch() under the broadcaster's address, with the token.
export async function ask(path, { headers = {}, ...options } = {}) {
  const credentials = access.token ? { Authorization: `Bearer ${access.token}` } : {};
  const response = await fetch(new URL(path, access.base), { ...options, headers: { ...headers, ...credentials } });
  access.refused = response.status === 401;
  access.onAnswer();
  return response;
}
