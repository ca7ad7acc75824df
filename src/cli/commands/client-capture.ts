// SPDX-License-Identifier: Apache-2.0

import { type Command, InvalidArgumentError } from 'commander';
import { connectionOf } from '../client/connection.js';
import { goDuration } from '../client/go-duration.js';
import { createResource } from '../client/resource.js';
import { CommandFailure } from '../failure.js';
import { addFormatOption, plainFormats } from '../output/format.js';
import { defineDelete, defineReading, printAnswer } from './resource.js';

/** Names of `--extra-layer` → their bits. */
const layers: Readonly<Record<string, number>> = { VRRP: 1, DNS: 2, DHCPv4: 4 };

interface CaptureOptions {
  readonly gremlin: string;
  readonly node: string;
  readonly bpf: string;
  readonly name: string;
  readonly description: string;
  readonly type: string;
  readonly port: number;
  readonly samplingrate: number;
  readonly pollinginterval: number;
  readonly headerSize: number;
  readonly rawpacketLimit: number;
  readonly extraTcpMetric?: boolean;
  readonly ipDefrag?: boolean;
  readonly reassambleTcp?: boolean;
  readonly layerKeyMode: string;
  readonly extraLayer: number;
  readonly target: string;
  readonly targetType: string;
  readonly ttl: number;
}

function integer(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('It has to be an integer.');
  return Number(text);
}

function unsigned(text: string): number {
  const value = integer(text);
  if (value < 0) throw new InvalidArgumentError('It must not be negative.');
  return value;
}

function withLayer(text: string, mask: number): number {
  // Several at once, as the original takes them.
  for (const name of text.split(',')) {
    const bit = Object.hasOwn(layers, name) ? layers[name] : undefined;
    if (bit === undefined) {
      throw new InvalidArgumentError(
        `Extra layer not supported: ${name}; there are ${Object.keys(layers).join(', ')}.`,
      );
    }
    mask |= bit;
  }
  return mask;
}

function captureOf(options: CaptureOptions): object {
  const { gremlin, node } = options;
  if (gremlin !== '' && node !== '') throw new CommandFailure('Options --node and --gremlin are exclusive');
  const given = {
    GremlinQuery: node === '' ? gremlin : `g.V().Has('TID', '${node}')`,
    BPFFilter: options.bpf,
    Name: options.name,
    Description: options.description,
    Type: options.type,
    Port: options.port,
    RawPacketLimit: options.rawpacketLimit,
    HeaderSize: options.headerSize,
    LayerKeyMode: options.layerKeyMode,
    ExtraLayers: options.extraLayer,
    Target: options.target,
    TargetType: options.targetType,
  };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '' && value !== 0)),
    SamplingRate: options.samplingrate,
    PollingInterval: options.pollinginterval,
    ExtraTCPMetric: options.extraTcpMetric === true,
    IPDefrag: options.ipDefrag === true,
    ReassembleTCP: options.reassambleTcp === true,
  };
}

function defineCreate(parent: Command): void {
  const create = parent.command('create').description('Create a capture');
  create
    .option('--gremlin <query>', 'Gremlin query that selects the nodes', '')
    .option('--node <tid>', 'TID of the one node to capture on, instead of --gremlin', '')
    .option('--bpf <filter>', 'only what matches this filter (pcap-filter(7))', '')
    .option('--name <name>', 'name of the capture', '')
    .option('--description <text>', 'description of the capture', '')
    .option(
      '--type <type>',
      'afpacket, pcap, pcapsocket, ebpf, sflow, netflow, ovssflow, ovsnetflow, ovsmirror or dpdk; what suits each node unless given',
      '',
    )
    .option(
      '--port <port>',
      'UDP port that sflow (6343 unless given) and netflow (2055) listen on',
      integer,
      0,
    )
    .option('--samplingrate <n>', 'one packet of so many, for ovssflow', unsigned, 1)
    .option('--pollinginterval <seconds>', 'between two looks at the counters, for ovssflow', unsigned, 10)
    .option('--header-size <bytes>', 'bytes kept of a packet, 14 to 4096; 256 unless given', integer, 0)
    .option('--rawpacket-limit <n>', 'raw packets kept of a flow, at most 10', integer, 0)
    .option('--extra-tcp-metric', 'what TCP says of the connection, too')
    .option('--ip-defrag', 'put fragments of IPv4 together')
    .option('--reassamble-tcp', 'put segments of TCP into their order')
    .option('--layer-key-mode <mode>', 'what tells flows apart: L2 or L3', 'L2')
    .option(
      '--extra-layer <name>',
      'contents of a layer, too: VRRP, DNS, DHCPv4; may be repeated',
      withLayer,
      0,
    )
    .option('--target <address>', 'host:port that gets the flows instead of the analyzer', '')
    .option('--target-type <type>', 'netflowv5, ipfix or erspanv1; local is the analyzer', '')
    .option('--ttl <ms>', 'milliseconds after which it is deleted; never unless given', unsigned, 0)
    .action(async (options: CaptureOptions) => {
      const capture = captureOf(options);
      const headers = options.ttl === 0 ? {} : { 'X-Resource-TTL': goDuration(options.ttl) };
      const connection = await connectionOf(create);
      await printAnswer(create, await createResource(connection, 'capture', capture, headers));
    });
  addFormatOption(create, plainFormats);
}

export function define(command: Command): void {
  defineCreate(command);
  defineReading(command, 'capture');
  defineDelete(command, 'capture');
  for (const child of command.commands) child.showHelpAfterError();
}
