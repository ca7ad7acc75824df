// SPDX-License-Identifier: Apache-2.0
// Runs the libFuzzer targets (native/fuzz/*.cc and *_fuzz_test.cc) under the address and undefined behaviour
// sanitizers: `node tools/fuzz.mjs [--ci] [--seconds N] [part of a target's name]`, two at a time. What a run finds
// worth keeping stays in build/fuzz/corpus; a finding is written to build/fuzz and printed, and the status is 1.
// `--ci` starts without what earlier runs have found. Needs clang-14, libclang-rt-14-dev and libre2-dev.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { seeds } from './fuzz-seeds.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'build/fuzz');
const words = process.argv.slice(2);
const at = words.indexOf('--seconds');
const seconds = at < 0 ? 30 : Number(words.splice(at, 2)[1]);
const ci = words.includes('--ci');
const parts = words.filter((word) => word !== '--ci');
const atOnce = 2;

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
  'capture/netflow_element',
  'capture/netflow_reader',
  'capture/exported_flows',
);
const targets = [
  ...below('fuzz', () => true),
  ...['layers', 'flow', 'capture'].flatMap((room) => below(room, (name) => name.endsWith('_fuzz_test.cc'))),
].filter((name) => parts.every((part) => name.includes(part)));
const nameOf = (target) => basename(target).replace('_fuzz_test', '');

function compile() {
  const compiler =
    'clang++-14 -std=c++20 -O1 -gline-tables-only -I../../native -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all';
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'Makefile'),
    `LIBRARY = ${library.map((name) => `${name}.o`).join(' ')}
TARGETS = ${targets.map((name) => `${name}.o`).join(' ')}
all: ${targets.map((name) => `${name}.fuzz`).join(' ')}
${targets.map((name) => `${name}.fuzz`).join(' ')}: %.fuzz: %.o library.a
\t${compiler.replace('fuzzer-no-link', 'fuzzer')} $^ -lre2 -o $@
library.a: $(LIBRARY)
\t@rm -f $@
\tar crs $@ $^
$(LIBRARY) $(TARGETS): %.o: ../../native/%.cc
\t@mkdir -p $(dir $@)
\t${compiler} -MMD -c $< -o $@
-include $(LIBRARY:.o=.d) $(TARGETS:.o=.d)
`,
  );
  const made = spawnSync('make', ['-s', '-j2', '-C', folder], { stdio: 'inherit' });
  if (made.status !== 0) process.exit(1);
}

/** Inputs executed, and the files of what was found. */
async function run(target) {
  const name = nameOf(target);
  const corpus = join(folder, 'corpus', ci ? `${name}-ci` : name);
  if (ci) rmSync(corpus, { recursive: true, force: true });
  mkdirSync(corpus, { recursive: true });
  for (const seed of seeds[name]?.() ?? []) writeFileSync(join(corpus, seed.name), seed.bytes);
  const found = () => readdirSync(folder).filter((file) => file.startsWith(`${name}-`));
  const before = new Set(found());
  const child = spawn(
    join(folder, `${target}.fuzz`),
    [
      corpus,
      `-max_total_time=${seconds}`,
      '-max_len=8192',
      '-timeout=20',
      '-rss_limit_mb=2048',
      `-artifact_prefix=${folder}/${name}-`,
      '-print_final_stats=1',
      '-verbosity=0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const status = await new Promise((ended, failed) => child.on('close', ended).on('error', failed));
  const inputs = Number(/number_of_executed_units: (\d+)/.exec(said)?.[1] ?? 0);
  // A run without inputs tested nothing.
  const sound = status === 0 && inputs > 0;
  process.stdout.write(`fuzz: ${name} ran ${inputs} inputs${sound ? '' : ' and failed'}\n`);
  if (!sound) {
    process.stderr.write(said.slice(-8000));
    for (const file of found().filter((file) => !before.has(file))) {
      const path = join(folder, file);
      process.stderr.write(`fuzz: run again: ${join(folder, `${target}.fuzz`)} ${path}\n`);
      process.stderr.write(`fuzz: ${file} in base64: ${readFileSync(path).toString('base64')}\n`);
    }
  }
  return { inputs, sound };
}

compile();
process.stdout.write(`fuzz: ${targets.map(nameOf).join(', ')}: ${seconds} s each\n`);
const waiting = [...targets];
const runs = [];
const worker = async () => {
  for (let target = waiting.shift(); target !== undefined; target = waiting.shift())
    runs.push(await run(target));
};
await Promise.all(Array.from({ length: atOnce }, worker));
const inputs = runs.reduce((sum, one) => sum + one.inputs, 0);
const failed = runs.filter((one) => !one.sound).length;
process.stdout.write(`fuzz: ${runs.length} targets, ${inputs} inputs, ${failed} failed\n`);
process.exit(failed > 0 || runs.length === 0 ? 1 : 0);
