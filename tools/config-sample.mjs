// SPDX-License-Identifier: Apache-2.0
// Writes etc/skydive.yml.default, docs/configuration.md and the list of keys of the Ansible roles from the declared
// keys. test/config/sample.test.ts fails when they differ from what this would write.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const built = spawnSync(process.execPath, [join(root, 'tools/build.mjs'), '--tests'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(1);
const { roomKeys } = await import(join(root, 'out/src/cli/keys.js'));
const { documentationText, sampleText } = await import(join(root, 'out/src/config/sample.js'));
const { roleKeysText } = await import(join(root, 'out/src/config/role-keys.js'));
mkdirSync(join(root, 'etc'), { recursive: true });
writeFileSync(join(root, 'etc/skydive.yml.default'), sampleText(roomKeys));
writeFileSync(join(root, 'docs/configuration.md'), documentationText(roomKeys));
writeFileSync(join(root, 'ansible/roles/skydive_common/vars/main/keys.yml'), roleKeysText(roomKeys));
