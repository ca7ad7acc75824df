// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { ListenOptions } from './listener-probe.js';
import type { FlowProbeContext } from './probe.js';

/**
 * Where a capture listens for what is sent to its node: on the node's address in its network namespace, or on all when
 * it has several. Throws what is missing.
 */
export function listenOnNode({ capture, node }: FlowProbeContext, usualPort: number): ListenOptions {
  if (node.tid === '') throw new Error(`node ${node.id} has no TID yet`);
  const addresses = node.metadata['IPV4'];
  if (!Array.isArray(addresses) || addresses.length === 0) {
    throw new Error(`${node.name} has no IPV4 address: give it one (ip addr add ADDRESS dev ${node.name})`);
  }
  const port = capture.Port !== undefined && capture.Port > 0 ? capture.Port : usualPort;
  return {
    address: addresses.length === 1 ? String(addresses[0]).replace(/\/.*/, '') : '0.0.0.0',
    portMin: port,
    portMax: port,
    ...(node.namespacePath !== undefined && { namespacePath: node.namespacePath }),
  };
}

/** Passes on why a capture did not start; when it was its port, with what to do. */
export function refuseListening(error: unknown): never {
  const reason = messageOf(error);
  if (!reason.startsWith('cannot receive flows on UDP')) throw error;
  throw new Error(`${reason}; give the capture another Port`, { cause: error });
}
