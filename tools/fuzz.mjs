// SPDX-License-Identifier: Apache-2.0
// Runs the libFuzzer targets (native/fuzz/*.cc and *_fuzz_test.cc) under the address and undefined behaviour
// sanitizers: `node tools/fuzz.mjs [--seconds N] [part of a target's name]`. Seeds are the golden captures, and
// ../shared/pcap where it is. What a run finds worth keeping stays in build/fuzz/corpus; a crash is written to
// build/fuzz and ends the run with status 1. Needs clang-14 and libclang-rt-14-dev.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'build/fuzz');
const words = process.argv.slice(2);
const at = words.indexOf('--seconds');
const seconds = at < 0 ? 30 : Number(words.splice(at, 2)[1]);

const below = (room, accept) =>
  existsSync(join(root, 'native', room))
    ? readdirSync(join(root, 'native', room), { recursive: true })
        .filter((name) => name.endsWith('.cc') && accept(name))
        .map((name) => `${room}/${name.slice(0, -3)}`)
    : [];
const isTest = (name) => name.endsWith('_test.cc');
const library = ['layers', 'flow'].flatMap((room) => below(room, (name) => !isTest(name)));
library.push(
  'capture/pcap_reader',
  'capture/sflow_reader',
  'capture/netflow_reader',
  'capture/exported_flows',
);
const targets = [
  ...below('fuzz', () => true),
  ...['layers', 'flow', 'capture'].flatMap((room) => below(room, (name) => name.endsWith('_fuzz_test.cc'))),
];
const nameOf = (target) => basename(target).replace('_fuzz_test', '');

const compiler =
  'clang++-14 -std=c++20 -O1 -g -I../../native -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all';
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'Makefile'),
  `LIBRARY = ${library.map((name) => `${name}.o`).join(' ')}
TARGETS = ${targets.map((name) => `${name}.o`).join(' ')}
all: ${targets.map((name) => `${name}.fuzz`).join(' ')}
${targets.map((name) => `${name}.fuzz`).join(' ')}: %.fuzz: %.o $(LIBRARY)
\t${compiler.replace('fuzzer-no-link', 'fuzzer')} $^ -lre2 -o $@
$(LIBRARY) $(TARGETS): %.o: ../../native/%.cc
\t@mkdir -p $(dir $@)
\t${compiler} -MMD -c $< -o $@
-include $(LIBRARY:.o=.d) $(TARGETS:.o=.d)
`,
);
const made = spawnSync('make', ['-s', '-j2', '-C', folder], { stdio: 'inherit' });
if (made.status !== 0) process.exit(1);

const captures = [join(root, 'test/golden/pcap'), join(root, '../shared/pcap')]
  .filter((path) => existsSync(path))
  .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
  .filter((path) => path.endsWith('.pcap'))
  .map((path) => ({ name: basename(path), bytes: readFileSync(path) }));

/** A capture as the packet target reads it: options, link type, room, then its packets. */
function train({ bytes }, options) {
  const linkTypes = [1, 1, 1, 0, 9, 12, 101, 108, 113, 228, 229];
  const parts = [Buffer.from([options, linkTypes.indexOf(bytes.readUInt32LE(20)), 255])];
  for (let offset = 24; offset + 16 <= bytes.length && parts.length < 17; ) {
    const captured = bytes.readUInt32LE(offset + 8);
    const data = bytes.subarray(offset + 16, offset + 16 + Math.min(captured, 1600));
    parts.push(Buffer.from([data.length >> 8, data.length & 255, 0]), data);
    offset += 16 + captured;
  }
  return Buffer.concat(parts);
}

/** The flows of a capture as messages, where the addon is built. */
function messagesOf(bytes) {
  const path = join(root, 'build/Release/skydive.node');
  if (!existsSync(path)) return [];
  const { FlowTable } = createRequire(import.meta.url)(path);
  const table = new FlowTable({ extraLayers: 7, extraTcpMetric: true, ipDefrag: true, rawPacketLimit: 2 });
  table.feed(bytes);
  return table.stop(100) ?? [];
}

/** Datagrams that exporters sent: of softflowd those of NetFlow, each behind its length. */
const exported = (part) =>
  readdirSync(join(root, 'test/fixtures/exports'))
    .filter((name) => name.includes(part))
    .map((name) => ({ name, bytes: readFileSync(join(root, 'test/fixtures/exports', name)) }));

const seeds = {
  sflow_reader: () => exported('sflow'),
  netflow_reader: () => [...exported('netflow'), ...exported('ipfix')],
  packet: () =>
    captures.flatMap((capture) =>
      [0, 0xff, 0x0e].map((options) => ({
        name: `${capture.name}-${options}`,
        bytes: train(capture, options),
      })),
    ),
  flow_message: () =>
    captures.flatMap(({ name, bytes }) =>
      messagesOf(bytes).map((message, index) => ({ name: `${name}-${index}`, bytes: message })),
    ),
  pcap_reader: () =>
    captures.map(({ name, bytes }) => ({
      name,
      bytes: Buffer.concat([Buffer.from([16]), bytes.subarray(0, 4000)]),
    })),
  // Queries as they are sent, behind the 15 bytes of their envelope.
  query: () =>
    [
      'CgtTZWFyY2hRdWVyeRJZCjpCOAgBEjRCMhIXChUKCU5ldHdvcmsuQRIIMTAuOS4wLjISFwoVCglOZXR3b3JrLkISCDEwLjkuMC4yEgIQAxgBIAEqClRyYWNraW5nSUQyBVN0YXJ0OAE=',
      'CgtTZWFyY2hRdWVyeRJVClNCUQgBEhYiFAoQTWV0cmljLkFCUGFja2V0cxACEhpaGAoJTmV0d29yay5BEgsxMC45LjAuMC8yNBIZShcKCkxheWVyc1BhdGgSCV4uKlRDUC4qJA==',
    ].map((text, at) => ({ name: `query-${at}`, bytes: Buffer.from(text, 'base64').subarray(15) })),
};

let failed = false;
for (const target of targets.filter((name) => words.every((word) => name.includes(word)))) {
  const name = nameOf(target);
  const corpus = join(folder, 'corpus', name);
  mkdirSync(corpus, { recursive: true });
  for (const seed of seeds[name]?.() ?? []) writeFileSync(join(corpus, seed.name), seed.bytes);
  process.stdout.write(`fuzz: ${name} for ${seconds} s\n`);
  const run = spawnSync(
    join(folder, `${target}.fuzz`),
    [
      corpus,
      `-max_total_time=${seconds}`,
      '-max_len=8192',
      '-timeout=5',
      '-rss_limit_mb=2048',
      `-artifact_prefix=${folder}/${name}-`,
      '-print_final_stats=1',
      '-verbosity=0',
    ],
    { encoding: 'utf8' },
  );
  const executed = /number_of_executed_units: (\d+)/.exec(run.stderr)?.[1] ?? '0';
  process.stdout.write(`fuzz: ${name} ran ${executed} inputs${run.status === 0 ? '' : ' and failed'}\n`);
  if (run.status !== 0) {
    process.stderr.write(run.stderr.slice(-8000));
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
