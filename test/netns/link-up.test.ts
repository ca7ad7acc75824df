// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addon } from '../../src/native/addon.js';
import { requireNamespaces } from './require-namespaces.js';
import { ScratchNamespace } from './scratch-namespace.js';

test('an interface of another namespace is set up, one that is up stays so', async (t) => {
  if (!requireNamespaces(t)) return;
  const space = new ScratchNamespace('ovs');
  t.after(() => space.remove());
  await space.do('link add va type veth peer name vb');
  const flags = async () => (await space.json<{ flags: string[] }>('link', 'show', 'va'))[0]!.flags;
  assert.ok(!(await flags()).includes('UP'));
  for (let round = 0; round < 2; round += 1) {
    addon().setLinkUp('va', space.path);
    assert.ok((await flags()).includes('UP'));
  }
});

test('what is not there cannot be set up', (t) => {
  assert.throws(() => addon().setLinkUp('nosuchlink0'), /cannot set up nosuchlink0: No such device/);
  assert.throws(() => addon().setLinkUp('lo', '/run/netns/nosuchspace'), /nosuchspace/);
  assert.throws(() => addon().setLinkUp(''), /Invalid argument/);
  assert.throws(() => addon().setLinkUp('a-name-that-is-too-long'), /Invalid argument/);
  assert.throws(() => addon().setLinkUp(1 as unknown as string), TypeError);
  t.diagnostic('no interface was touched');
});
