// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../../errors.js';
import { injectionTypes } from '../../services/injection/request.js';
import { CommandFailure } from '../failure.js';

/** What the flags of a packet injection say (cli.md §5). */
export interface InjectionOptions {
  readonly srcIp: string;
  readonly dstIp: string;
  readonly srcMac: string;
  readonly dstMac: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly type: string;
  readonly payload: string;
  /** Name of a capture file. */
  readonly pcap: string;
  readonly id: number;
  readonly mode: string;
  readonly incPayload: number;
  readonly count: number;
  /** ms */
  readonly interval: number;
  readonly ttl: number;
}

function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`an integer from ${least} to ${most}`);
    }
    return value;
  };
}

const port = integer(0, 65535);
const most = Number.MAX_SAFE_INTEGER;

export function addInjectionOptions(command: Command): void {
  command
    .option('--src-ip <ip>', 'source IP', '')
    .option('--dst-ip <ip>', 'destination IP', '')
    .option('--src-mac <mac>', 'source MAC', '')
    .option('--dst-mac <mac>', 'destination MAC', '')
    .option('--src-port <port>', 'source port of TCP and UDP packets', port, 0)
    .option('--dst-port <port>', 'destination port of TCP and UDP packets', port, 0)
    .option('--type <type>', `what is sent: ${injectionTypes.join(', ')}`, 'icmp4')
    .option('--payload <text>', 'payload; 56 random letters unless given', '')
    .option('--pcap <file>', 'capture file whose packets are sent', '')
    .option('--id <id>', 'identifier of ICMP packets', port, 0)
    .option('--mode <mode>', 'unique or random: how identifier or source port go on', 'unique')
    .option('--inc-payload <letters>', 'letters that each packet has more', integer(-most, most), 0)
    .option('--count <packets>', 'how many packets are sent', integer(1, most), 1)
    .option('--interval <ms>', 'milliseconds between two packets', integer(0, most), 0)
    .option('--ttl <hops>', 'time to live of IP packets', integer(0, 255), 64);
}

/** Members that `injectpacket` and agents share. Throws CommandFailure naming the flag that is wrong. */
export function injectionMembers(options: InjectionOptions) {
  const type = injectionTypes.find((known) => known === options.type);
  if (type === undefined) {
    throw new CommandFailure(
      `--type ${options.type}: given type is not supported, use one of ${injectionTypes.join(', ')}`,
    );
  }
  if (options.mode !== 'unique' && options.mode !== 'random') {
    throw new CommandFailure(`--mode ${options.mode}: given mode is not supported, use unique or random`);
  }
  return {
    SrcIP: ip(options.srcIp),
    DstIP: ip(options.dstIp),
    SrcMAC: mac('Source', options.srcMac),
    DstMAC: mac('Destination', options.dstMac),
    SrcPort: options.srcPort,
    DstPort: options.dstPort,
    Type: type,
    Payload: options.payload,
    ICMPID: options.id,
    Count: options.count,
    Interval: options.interval,
    Mode: options.mode,
    IncrementPayload: options.incPayload,
    Pcap: options.pcap === '' ? null : fileContents(options.pcap),
    TTL: options.ttl,
  };
}

/** What is no address is left out, as in the original. */
function ip(text: string): string {
  return isIP(text) === 0 ? '' : text;
}

function mac(which: string, text: string): string {
  if (text === '' || /^[\da-f]{2}([:-][\da-f]{2}){5}$/i.test(text)) return text.replaceAll('-', ':');
  throw new CommandFailure(`${which} MAC parse error, err: address ${text}: invalid MAC address`);
}

function fileContents(path: string): string {
  try {
    return readFileSync(path).toString('base64');
  } catch (error) {
    throw new CommandFailure(`--pcap ${path}: ${messageOf(error)}`, { cause: error });
  }
}
