// SPDX-License-Identifier: Apache-2.0

import type { Result } from '../result.js';
import type { Scheduler } from '../scheduler.js';
import { encodeDot } from './dot.js';
import { encodeJson } from './json.js';
import { encodePcap } from './pcap.js';

export interface Rendering {
  readonly contentType: string;
  readonly body: AsyncIterable<string | Uint8Array>;
}

/**
 * The result in the format that an `Accept` header asks for: dot and pcap by exact match, else JSON. The type is the
 * header's own, which clients of the original compare, except that a wildcard or list gets the real type. Throws
 * SKY_E_NOT_ACCEPTABLE when the result cannot be shown that way.
 */
export function render(result: Result, accept = '', scheduler?: Scheduler): Rendering {
  const contentType = `${/^[\w.+-]+\/[\w.+-]+$/.test(accept) ? accept : 'application/json'}; charset=UTF-8`;
  if (accept === 'text/vnd.graphviz') return { contentType, body: encodeDot(result, scheduler) };
  if (accept === 'application/vnd.tcpdump.pcap') return { contentType, body: encodePcap(result, scheduler) };
  return { contentType, body: encodeJson(result, scheduler) };
}
