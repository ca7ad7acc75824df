// SPDX-License-Identifier: Apache-2.0

import type { Millis } from '../graph/element.js';
import { malformed, members } from './graph-message.js';

export interface SyncRequest {
  /** 0 is the present. */
  readonly time: Millis;
  /** Undefined: leave the filter as it is. Empty: remove it. */
  readonly filter: string | undefined;
}

/** Reads the payload of a SyncRequest; `null` asks for nothing special. Throws SKY_E_WIRE. */
export function decodeSyncRequest(json: unknown): SyncRequest {
  const { time, gremlinfilter: filter } = json === null ? {} : members(json, 'SyncRequest');
  if (time !== undefined && time !== null && !Number.isSafeInteger(time)) {
    throw malformed('Time of SyncRequest is no integer of milliseconds');
  }
  if (filter !== undefined && filter !== null && typeof filter !== 'string') {
    throw malformed('GremlinFilter of SyncRequest is no string');
  }
  return { time: (time as number | null | undefined) ?? 0, filter: filter ?? undefined };
}
