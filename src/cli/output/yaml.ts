// SPDX-License-Identifier: Apache-2.0

// Imported by name and not lazily: a bundle gives a lazily imported CommonJS package no named exports.
import { stringify } from 'yaml';

/** A JSON value as YAML. */
export function yamlOf(value: unknown): string {
  return stringify(value);
}
