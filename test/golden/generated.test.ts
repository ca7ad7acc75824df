// SPDX-License-Identifier: Apache-2.0
// Our own captures (tools/pcap/captures.ts). The `.flows` files beside them were measured on the original, release
// v0.28.0: the JSON text of every flow, and the digest of their protocol buffers.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { captures } from '../../tools/pcap/captures.js';
import { pcap } from '../../tools/pcap/frames.js';
import { type Options, read, root, textsOf } from './flows.js';

const folder = join(root, 'test/golden/pcap');
const readings: Readonly<Record<string, Options>> = {
  L2: {},
  L3: { layerKeyMode: 'L3' },
  all: { extraLayers: 255, ipDefrag: true, extraTcpMetric: true, reassembleTcp: true, rawPacketLimit: 2 },
};

interface Expected {
  readonly title: string;
  readonly protobuf?: string;
  readonly flows: string[];
}

function expected(name: string): Expected[] {
  const sections: Expected[] = [];
  for (const line of readFileSync(join(folder, `${name}.flows`), 'utf8')
    .trimEnd()
    .split('\n')) {
    const header = /^# (\w+)(?: protobuf (\w+))?$/.exec(line);
    if (header === null) sections.at(-1)?.flows.push(line);
    else sections.push({ title: header[1] ?? '', ...(header[2] ? { protobuf: header[2] } : {}), flows: [] });
  }
  return sections;
}

/** The fields of a Message, each one flow: tag, length, bytes. */
function flowsIn(message: Buffer): Buffer[] {
  const flows: Buffer[] = [];
  for (let at = 0; at < message.length; ) {
    assert.equal(message[at], 0x0a);
    at += 1;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    flows.push(message.subarray(at, at + size));
    at += size;
  }
  return flows;
}

for (const name of Object.keys(captures)) {
  test(`${name}: flows are those of the original, text and bytes`, () => {
    const path = join(folder, `${name}.pcap`);
    const sections = expected(name).filter(({ title }) => title !== 'stop');
    assert.equal(sections.length, 3);
    for (const { title, protobuf, flows } of sections) {
      assert.ok(flows.length > 0);
      const options = readings[title] as Options;
      assert.deepEqual(textsOf(path, options), flows, title);
      const messages = read(path, { ...options, format: 'protobuf' }).flows();
      const bytes = messages.flatMap(flowsIn).map((flow) => flow.toString('hex'));
      assert.equal(createHash('sha256').update(bytes.join('\n')).digest('hex'), protobuf, title);
    }
  });

  test(`${name}: the file is what its generator writes`, () => {
    const { linkType, frames } = captures[name] as (typeof captures)[string];
    assert.deepEqual(readFileSync(join(folder, `${name}.pcap`)), pcap(linkType, frames));
  });
}

test('every capture has its flows', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.pcap'));
  assert.deepEqual(files.map((file) => file.replace('.pcap', '')).sort(), Object.keys(captures).sort());
});

test('every layer that a path can name is named by some capture', () => {
  const named = new Set<string>();
  for (const name of Object.keys(captures)) {
    for (const text of expected(name).flatMap(({ flows }) => flows)) {
      for (const layer of (JSON.parse(text) as { LayersPath?: string }).LayersPath?.split('/') ?? [])
        named.add(layer);
    }
  }
  const source = readFileSync(join(root, 'native/layers/layer_type.cc'), 'utf8');
  const all = [...source.matchAll(/"([^"]+)",/g)].map((match) => match[1] as string);
  assert.ok(all.length > 70);
  // These three end a path; the last is passed over by it; the one before names no chunk the reference lists.
  const unnamed = ['Payload', 'DecodeFailure', 'SCTPUnknownChunkType', 'Linux SLL'];
  assert.deepEqual(all.filter((layer) => !named.has(layer)).sort(), unnamed.sort());
});
