// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { namespacesMissing } from './scratch-namespace.js';

/** False (and the test skipped) where network namespaces cannot be made; under CI that is a failure. */
export function requireNamespaces(t: TestContext): boolean {
  const missing = namespacesMissing();
  if (missing === undefined) return true;
  assert.notEqual(process.env['CI'], 'true', `this test needs ${missing}`);
  t.skip(`needs ${missing}`);
  return false;
}
