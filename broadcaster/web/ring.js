// SPDX-License-Identifier: GPL-3.0-or-later
// The newest numbers of a stream, in memory that is taken once.

// Each number is written twice, `capacity` apart, so that the newest ones always lie in one piece.
export class Ring {
  constructor(capacity) {
    this.capacity = capacity;
    this.data = new Float64Array(2 * capacity);
    this.head = 0;  // where the next one goes
    this.count = 0;
  }

  push(value) {
    this.data[this.head] = value;
    this.data[this.head + this.capacity] = value;
    this.head = (this.head + 1) % this.capacity;
    if (this.count < this.capacity) this.count++;
  }

  // Oldest first. Good until the next push.
  view() {
    const end = this.head + this.capacity;
    return this.data.subarray(end - this.count, end);
  }
}
