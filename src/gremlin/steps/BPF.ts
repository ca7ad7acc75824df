// SPDX-License-Identifier: Apache-2.0

import { messageOf } from '../../errors.js';
import type { RawPacketsResult } from '../current.js';
import { GremlinError } from '../error.js';
import { compileExpression } from '../expression.js';
import type { RawPacket } from '../flow-source.js';
import type { PacketTest } from '../packet-filter.js';
import type { Run } from '../run.js';
import type { StepDefinition } from '../step.js';
import { type Call, show } from '../syntax.js';

/** What of a packet an expression may look at. */
const captureLength = 256;

/** Picks packets. */
export const BPF: StepDefinition = {
  name: 'BPF',
  extension: true,
  doc: 'Keeps the packets that match a pcap expression such as "tcp port 80"; a flow of which none is left shows null.',
  accepts: ['RawPackets'],
  returns: 'RawPackets',
  run: async (run, stage, input): Promise<RawPacketsResult> => {
    const expression = expressionOf(stage.call);
    const { packets } = input as RawPacketsResult;
    if (expression === '') return input as RawPacketsResult;
    const tests = new Map<number, PacketTest>();
    // Also when there is no packet, a bad expression is refused.
    tests.set(1, compile(run, expression, 1));
    const kept = new Map<string, readonly RawPacket[] | null>();
    for (const [uuid, list] of packets) {
      const passed: RawPacket[] = [];
      for (const packet of list ?? []) {
        const test = tests.get(packet.LinkType) ?? compile(run, expression, packet.LinkType);
        tests.set(packet.LinkType, test);
        if (test(Buffer.from(packet.Data, 'base64'))) passed.push(packet);
        if (run.scheduler.due()) await run.scheduler.pause();
      }
      kept.set(uuid, passed.length === 0 ? null : passed);
    }
    return { kind: 'RawPackets', packets: kept };
  },
};

function expressionOf(call: Call): string {
  const [expression] = call.params;
  if (call.params.length === 1 && expression?.kind === 'string') return expression.value;
  throw new GremlinError(
    'X-ARG',
    `BPF at position ${call.position} takes one pcap expression, not (${call.params.map(show).join(', ')})`,
  );
}

function compile(run: Run, expression: string, linkType: number): PacketTest {
  try {
    return (run.packetFilter ?? compileExpression)(expression, linkType, captureLength);
  } catch (error) {
    throw new GremlinError(
      'X-VAL',
      `BPF: "${expression}" does not compile: ${messageOf(error)}`,
      undefined,
      error,
    );
  }
}
