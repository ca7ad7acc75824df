// SPDX-License-Identifier: Apache-2.0
// The commands of docs/tutorials/tripleo.md, with the launcher and the bundle as they are installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { rockyStack, withFakeUndercloud } from '../../src/tripleo/fake-undercloud.js';
import { usage } from '../../src/tripleo/usage.js';
import type { Finished } from './cli-fixture.js';

const root = join(import.meta.dirname, '../../..');
const golden = readFileSync(join(root, 'test/fixtures/tripleo/rocky.yaml'), 'utf8');
const tutorial = readFileSync(join(root, 'docs/tutorials/tripleo.md'), 'utf8');
const blocks = [...tutorial.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');

function shell(
  script: string,
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, ...variables };
    const child = spawn('sh', ['-euc', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder like the home of an undercloud's user, with a link to the launcher. */
async function withHome(use: (home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'skydive-tripleo-'));
  try {
    symlinkSync(join(root, 'skydive-tripleo-inventory'), join(home, 'skydive-tripleo-inventory'));
    await use(home);
  } finally {
    rmSync(home, { recursive: true });
  }
}

test('the commands of the tutorial do what it says', async () => {
  assert.equal(blocks.length, 5);
  await withFakeUndercloud(({ keystone, heat }) =>
    withHome(async (home) => {
      heat.stacks.set('overcloud', rockyStack);
      const params = join(home, 'tripleo-config-generated-env-files');
      mkdirSync(params);
      writeFileSync(
        join(params, 'undercloud_parameters.yaml'),
        'parameter_defaults:\n  DockerInsecureRegistryAddress: [192.168.24.1:8787]\n',
      );
      writeFileSync(
        join(home, 'stackrc'),
        `export OS_USERNAME=admin OS_PASSWORD=secret OS_PROJECT_NAME=admin OS_AUTH_URL=${keystone.origin}/\n`,
      );
      const inventory = () => readFileSync(join(home, 'skydive-inventory.yaml'), 'utf8');
      const results: string[] = [];
      for (const block of blocks) {
        const { code, stdout, stderr } = await shell(`. ./stackrc\n${block}`, home);
        assert.equal(stderr, '');
        assert.equal(code, 0, block);
        results.push(block.includes('--help') ? stdout : inventory());
      }
      const withoutRegistry = golden.replaceAll('registry: 192.168.24.1:8787', "registry: ''");
      assert.equal(results[0], golden);
      assert.equal(results[1], withoutRegistry);
      assert.ok(results[2]?.startsWith(usage()));
      assert.equal(results[3], withoutRegistry);
      const { agents, analyzers } = parse(results[4] ?? '');
      assert.deepEqual(agents.vars, analyzers.vars);
      assert.equal(agents.vars.skydive_docker_registry, 'docker.io');
      assert.equal(agents.vars.skydive_agent_docker_image, 'skydive/skydive');
      assert.equal(agents.vars.skydive_analyzer_docker_command, 'analyzer');
    }),
  );
});

for (const [name, command] of [
  ['itself', './skydive-tripleo-inventory'],
  ['sh', 'sh skydive-tripleo-inventory'],
  ['python', 'python3 skydive-tripleo-inventory'],
]) {
  test(`the launcher run by ${name} passes words and exit code on`, () =>
    withHome(async (home) => {
      const misuse = await shell(`${command} 'a b' --plan=x`, home);
      assert.equal(misuse.code, 2);
      assert.equal(
        misuse.stderr,
        `${usage()}skydive-tripleo-inventory: error: unrecognized arguments: a b\n`,
      );
      const unset = await shell(command ?? '', home);
      assert.equal(unset.code, 1);
      assert.match(unset.stderr, /^ERROR: auth-url not defined and OS_AUTH_URL environment variable missing/);
    }));
}
