// SPDX-License-Identifier: Apache-2.0

import type { Config, ConfigValue } from '../config/key.js';
import type { Logger } from '../log/logger.js';
import type { NativeFlowTableOptions } from '../native/flow-table.js';
import type { Capture } from './capture.js';
import type { CapturedNode } from './probes/probe.js';

/** How a table makes flows, without what only its capture decides: the keys `flow.*`. */
export function tableSettings(config: Config, logger: Logger): NativeFlowTableOptions {
  const ports = (key: string) => applicationPorts(key, config.getMap(key), logger);
  return {
    maxEntries: config.getInt('flow.max_entries'),
    tcpPorts: ports('flow.application_ports.tcp'),
    udpPorts: ports('flow.application_ports.udp'),
    applicationTimeoutsMs: applicationTimeouts(config.getMap('flow.application_timeout'), logger),
    // A datagram holds one flow, as the original's receivers expect.
    flowsPerMessage: config.getString('flow.protocol').toLowerCase() === 'websocket' ? 10 : 1,
  };
}

/** How the table of a capture on a node makes flows. */
export function tableOptions(
  capture: Capture,
  node: CapturedNode,
  config: Config,
  logger: Logger,
): NativeFlowTableOptions {
  const mplsPort = node.metadata['MPLSUDPPort'];
  return {
    ...tableSettings(config, logger),
    nodeTid: node.tid,
    captureId: capture.UUID,
    layerKeyMode: capture.LayerKeyMode === 'L3' ? 'L3' : 'L2',
    extraTcpMetric: capture.ExtraTCPMetric,
    reassembleTcp: capture.ReassembleTCP,
    ipDefrag: capture.IPDefrag,
    extraLayers: capture.ExtraLayers ?? 0,
    rawPacketLimit: capture.RawPacketLimit ?? 0,
    ...(typeof mplsPort === 'number' && { mplsUdpPorts: [mplsPort] }),
  };
}

type Settings = { readonly [name: string]: ConfigValue };

/** Port → name in upper case; what is no port is left out and logged. */
function applicationPorts(key: string, ports: Settings, logger: Logger): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [port, name] of Object.entries(ports)) {
    if (/^\d{1,5}$/.test(port) && Number(port) <= 65_535) names[port] = String(name).toUpperCase();
    else logger.warn(`${key}: '${port}' is no port, its application '${String(name)}' is left out`);
  }
  return names;
}

function applicationTimeouts(timeouts: Settings, logger: Logger): Record<string, number> {
  const milliseconds: Record<string, number> = {};
  for (const [name, seconds] of Object.entries(timeouts)) {
    if (Number.isFinite(Number(seconds))) milliseconds[name.toUpperCase()] = Number(seconds) * 1000;
    else logger.warn(`flow.application_timeout: '${String(seconds)}' of ${name} is no number of seconds`);
  }
  return milliseconds;
}
