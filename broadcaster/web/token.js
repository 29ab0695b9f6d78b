// SPDX-License-Identifier: GPL-3.0-or-later
// The field for the token, which is there while the broadcaster does not take the one that the page has (access.js).
import { access, ask, rememberToken } from './access.js';
import { $, keepKeys, text } from './page.js';
import { t } from './words.js';

const TOKEN = /^[!-~]{1,255}$/; // what the broadcaster takes for one

function showField() {
  const hidden = !access.refused;
  if ($('ask').hidden === hidden) return;
  $('ask').hidden = hidden;
  text($('ask-why'), t(access.token ? 'token_wrong' : 'token_asked'));
  if (!hidden && document.activeElement === document.body) $('token').focus();
}

// onToken is called when one was given that opens.
export function startField(onToken) {
  access.onAnswer = showField;
  keepKeys($('ask'));
  $('ask').addEventListener('submit', async (event) => {
    event.preventDefault();
    access.token = $('token').value.trim();
    text($('ask-why'), t('token_asking'));
    const opened = TOKEN.test(access.token) && await ask('api/status').then((response) => response.ok, () => null);
    if (opened) {
      rememberToken();
      $('token').value = '';
      onToken();
    } else {
      text($('ask-why'), t(opened === null ? 'unanswered' : 'token_wrong'));
    }
  });
}
