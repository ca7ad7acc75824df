// SPDX-License-Identifier: Apache-2.0

import type { FlowsResult, RawPacketsResult } from '../current.js';
import type { RawPacket } from '../flow-source.js';
import { fetchStored } from '../flows/fetch.js';
import type { StepDefinition } from '../step.js';

/** Captured packets. */
export const RawPackets: StepDefinition = {
  name: 'RawPackets',
  extension: true,
  doc: 'The packets that were captured of each flow; can be had as a pcap file.',
  accepts: ['Flows'],
  returns: 'RawPackets',
  run: async (run, _stage, input): Promise<RawPacketsResult> => {
    const { request, flows } = input as FlowsResult;
    if (request.past !== undefined)
      return { kind: 'RawPackets', packets: await fetchStored<RawPacket>(run, request, 'packets') };
    const packets = new Map<string, readonly RawPacket[]>();
    await run.scheduler.each(await flows(), ({ UUID, LastRawPackets }) => {
      if (LastRawPackets !== undefined && LastRawPackets.length > 0) packets.set(UUID, LastRawPackets);
    });
    return { kind: 'RawPackets', packets };
  },
};
