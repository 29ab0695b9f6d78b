// SPDX-License-Identifier: GPL-3.0-or-later
// node mcap.mjs FILE: what @mcap/core reads there, a line of JSON a message, in the order of time.
import { open } from 'node:fs/promises';
import { McapIndexedReader } from '@mcap/core';

const file = await open(process.argv[2]);
const readable = {
  size: async () => BigInt((await file.stat()).size),
  read: async (offset, size) => {
    const data = new Uint8Array(Number(size));
    await file.read(data, 0, data.length, Number(offset));
    return data;
  },
};
const reader = await McapIndexedReader.Initialize({ readable });
const text = new TextDecoder();
for await (const message of reader.readMessages()) {
  const channel = reader.channelsById.get(message.channelId);
  const schema = reader.schemasById.get(channel.schemaId);
  console.log(JSON.stringify({
    ns: String(message.logTime), topic: channel.topic, message: JSON.parse(text.decode(message.data)),
    properties: Object.keys(JSON.parse(text.decode(schema.data)).properties),
  }));
}
console.error(String(reader.statistics.messageCount), reader.statistics.chunkCount);
