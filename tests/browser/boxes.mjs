// SPDX-License-Identifier: GPL-3.0-or-later
// Where the dashboard's words are, in elements and on canvases; run in the page.

// Before the page's scripts: each canvas keeps the boxes of the words that stand on it.
export function keepWords() {
  const { prototype } = CanvasRenderingContext2D;
  const { clearRect, fillText } = prototype;
  prototype.clearRect = function cleared(x, y, width, height) {
    if (x === 0 && y === 0 && width >= this.canvas.clientWidth) this.canvas.words = [];
    return clearRect.call(this, x, y, width, height);
  };
  prototype.fillText = function written(words, x, y) {
    const { width, actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = this.measureText(words);
    const left = x - width * ({ center: 0.5, right: 1 }[this.textAlign] ?? 0);
    (this.canvas.words ??= []).push({ words: String(words), left, right: left + width, top: y - up, bottom: y + down });
    return fillText.call(this, words, x, y);
  };
}

// What is wrong with the picture as it is, as text. whole: all that one watches is to be in the window.
export function faults(whole) {
  const found = [];
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`${scrollWidth - clientWidth} px wider than the window`);

  // Words in elements, as far as they show.
  const boxes = [];
  const walker = document.createTreeWalker(document.querySelector('.screen'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility() || parent.closest('option')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      const box = { node, words: node.textContent.trim(), left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
      const room = parent.closest('.panel, .metric, .strip, header').getBoundingClientRect();
      for (let outer = parent; outer; outer = outer.parentElement) {
        if (getComputedStyle(outer).overflow === 'visible') continue;
        const clip = outer.getBoundingClientRect();
        Object.assign(box, { left: Math.max(box.left, clip.left), right: Math.min(box.right, clip.right), top: Math.max(box.top, clip.top), bottom: Math.min(box.bottom, clip.bottom) });
      }
      if (box.right - box.left < 1 || box.bottom - box.top < 1) continue;
      if (box.left < room.left || box.right > room.right || box.top < room.top || box.bottom > room.bottom) found.push(`"${box.words}" leaves its panel`);
      boxes.push(box);
    }
  }
  const overlap = (list, where) => list.forEach((a, i) => list.slice(i + 1).forEach((b) => {
    const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
    if (x > 1 && y > 3 && !(a.node && a.node === b.node)) found.push(`${where}"${a.words}" and "${b.words}" overlap by ${x.toFixed(0)} x ${y.toFixed(0)}`); // lines' boxes are higher than their letters
  }));
  overlap(boxes, '');

  for (const canvas of document.querySelectorAll('canvas')) {
    const words = canvas.words ?? [];
    const name = canvas.id || canvas.parentElement.id;
    overlap(words, `${name}: `);
    for (const box of words) {
      if (box.left < -1 || box.right > canvas.clientWidth + 1 || box.top < -1 || box.bottom > canvas.clientHeight + 1) found.push(`${name}: "${box.words}" is cut off`);
    }
  }

  const watched = ['#link', '#state-name', '#active', '#rate', '.metric', '.plot', '#channels .channel', '#meters', '#events li:first-child', '#bands', '#loudest', '#onsets',
    '#circle', '#order', '#breath', '#breathing', '#depth', '#phase', '#speed', '#latency summary', '#total_latency_ms'];
  for (const node of whole ? document.querySelectorAll(watched.join()) : []) {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const name = node.id || node.className;
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) found.push(`${name} is not in the window`);
    if (right - left < 4 || bottom - top < 4) found.push(`${name} has no room`);
  }
  return found;
}

// The numbers on the page that nothing explains.
export async function unexplained() {
  const { explanation } = await import('/about.js');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const { textContent: words, parentElement: parent } = walker.currentNode;
    if (!/[\d–]/.test(words) || !parent.checkVisibility() || parent.closest('option, dialog, script, noscript, #about, #replay-file, #events-title, .strip p')) continue;
    const about = parent.closest('[data-about]')?.dataset.about;
    if (!about || !explanation(about)) found.push(`${words} (${about ?? 'no data-about'})`);
  }
  return found;
}
