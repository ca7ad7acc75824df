// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireNamespaces } from '../netns/require-namespaces.js';
import { documentationWalk, newHost, startTwo } from './rbac-documentation.js';
import { Requester } from './requester.js';

test("the documentation's RBAC walk, with the embedded store at its first start", {
  timeout: 120_000,
}, async (t) => {
  if (!requireNamespaces(t)) return;
  const curl = spawnSync('curl', ['--version']).error === undefined;
  if (!curl) {
    assert.notEqual(process.env['CI'], 'true', 'needs curl');
    return t.skip('needs curl');
  }
  const host = newHost();
  const requester = new Requester(host.network);
  t.after(() => {
    requester.end();
    host.remove();
  });
  await host.up();
  assert.equal(existsSync(join(host.folder, 'etcd')), false, 'nothing was stored before');
  const [first, second] = await startTwo(host, requester);
  await documentationWalk(host, requester);
  for (const service of [first!, second!]) {
    assert.match(service.log, /policy: 7 lines of \/casbinPolicy are in force/);
    assert.match(
      service.log,
      /audit: user "bob" from 127\.0\.0\.1: read topology \(POST \/api\/topology\): refused/,
    );
    assert.match(
      service.log,
      /audit: user "alice" from 127\.0\.0\.1: write capture \(POST \/api\/capture\): allowed/,
    );
  }
  // The policy outlives the analyzers.
  for (const service of [first!, second!]) {
    service.kill('SIGKILL');
    await service.exit;
  }
  await startTwo(host, requester);
  await documentationWalk(host, requester).then(
    () => assert.fail('bob was let in'),
    (error: unknown) => assert.match(String(error), /405/),
  );
});
