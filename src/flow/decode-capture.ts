// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../errors.js';
import type { Capture } from './capture.js';

type Members = Readonly<Record<string, unknown>>;

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(name: string, wanted: string): SkydiveError {
  return new SkydiveError('SKY_E_BAD_REQUEST', `${name} has to be ${wanted}`);
}

function text(members: Members, name: string): string {
  const value = members[name] ?? '';
  if (typeof value !== 'string') throw refuse(name, 'a string');
  return value;
}

function bool(members: Members, name: string): boolean {
  const value = members[name] ?? false;
  if (typeof value !== 'boolean') throw refuse(name, 'true or false');
  return value;
}

function integer(members: Members, name: string, unsigned = false): number {
  const value = members[name] ?? 0;
  if (!Number.isSafeInteger(value)) throw refuse(name, 'an integer');
  if (unsigned && ((value as number) < 0 || (value as number) >= 2 ** 32)) {
    throw refuse(name, 'an integer from 0 to 4294967295');
  }
  return value as number;
}

/** Only what is not empty: so it is shown, stored and sent. */
function given<T extends Record<string, string | number>>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== '' && value !== 0),
  ) as Partial<T>;
}

/**
 * A capture from JSON: its members in the original's order, empty ones left out, unknown ones ignored. Throws
 * SKY_E_BAD_REQUEST naming the member of a wrong type.
 */
export function decodeCapture(value: unknown): Capture {
  if (!isMembers(value)) throw new SkydiveError('SKY_E_BAD_REQUEST', 'a capture has to be a JSON object');
  return {
    ...given({
      GremlinQuery: text(value, 'GremlinQuery'),
      BPFFilter: text(value, 'BPFFilter'),
      Name: text(value, 'Name'),
      Description: text(value, 'Description'),
      Type: text(value, 'Type'),
    }),
    Count: integer(value, 'Count'),
    ...given({ Port: integer(value, 'Port') }),
    SamplingRate: integer(value, 'SamplingRate', true),
    PollingInterval: integer(value, 'PollingInterval', true),
    ...given({
      RawPacketLimit: integer(value, 'RawPacketLimit'),
      HeaderSize: integer(value, 'HeaderSize'),
    }),
    ExtraTCPMetric: bool(value, 'ExtraTCPMetric'),
    IPDefrag: bool(value, 'IPDefrag'),
    ReassembleTCP: bool(value, 'ReassembleTCP'),
    ...given({
      LayerKeyMode: text(value, 'LayerKeyMode'),
      ExtraLayers: integer(value, 'ExtraLayers'),
      Target: text(value, 'Target'),
      TargetType: text(value, 'TargetType'),
    }),
    UUID: text(value, 'UUID'),
  };
}
