// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from './endpoint.js';

for (const [text, expected] of [
  ['unix:///var/run/openvswitch/db.sock', 'unix:///var/run/openvswitch/db.sock'],
  ['unix:/run/db.sock', 'unix:///run/db.sock'],
  ['tcp://127.0.0.1:6640', 'tcp://127.0.0.1:6640'],
  ['tcp:127.0.0.1:6640', 'tcp://127.0.0.1:6640'],
  ['10.0.0.1:6640', 'tcp://10.0.0.1:6640'],
  ['tcp://[fd00::1]:6640', 'tcp://[fd00::1]:6640'],
  ['[fd00::1]:6640', 'tcp://[fd00::1]:6640'],
  ['controller:6640', 'tcp://controller:6640'],
  ['6640', 'tcp://localhost:6640'],
] as const) {
  test(`${text} is ${expected}`, () => {
    assert.equal(formatEndpoint(parseEndpoint(text)), expected);
  });
}

for (const text of ['unix://db.sock', 'unix:', 'ssl://host:6640', 'http://host:6640', 'host', 'tcp://host']) {
  test(`${text} is refused`, () => {
    assert.throws(() => parseEndpoint(text), { code: 'SKY_E_ADDRESS' });
  });
}
