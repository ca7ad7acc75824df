// SPDX-License-Identifier: Apache-2.0

import { readdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { stopRequested } from '../../process.js';
import { inject } from '../../services/injection/inject.js';
import { decodeInjectionRequest } from '../../services/injection/request.js';
import { addInjectionOptions, type InjectionOptions, injectionMembers } from '../client/injection-options.js';
import { CommandFailure } from '../failure.js';

const encapTypes = ['ether', 'none', 'gre', 'sit', 'ipip', 'tunnel6', 'gre6'];
const progressMs = 1000;

interface Options extends InjectionOptions {
  readonly ifName: string;
  readonly encapType: string;
}

export function define(command: Command): void {
  addInjectionOptions(command);
  command
    .option('--if-name <name>', 'interface; the one that has the source MAC unless given', '')
    .option('--encap-type <type>', `what packets start with: ${encapTypes.join(', ')}`, 'ether')
    .action(async (options: Options) => {
      if (!encapTypes.includes(options.encapType)) {
        throw new CommandFailure(
          `--encap-type ${options.encapType} is unknown, use one of ${encapTypes.join(', ')}`,
        );
      }
      const members = injectionMembers(options);
      const name = options.ifName || interfaceOf(members.SrcMAC);
      const request = decodeInjectionRequest({
        ...members,
        UUID: '',
        SrcMAC: base64(members.SrcMAC),
        DstMAC: base64(members.DstMAC),
      });
      await sendAll(request, { name, encapType: options.encapType });
    });
}

/** Until all is sent, or the process is asked to stop. */
async function sendAll(
  request: Parameters<typeof inject>[0],
  where: Parameters<typeof inject>[1],
): Promise<void> {
  const progress = (count: number) =>
    void process.stderr.write(`${count} packet(s) injected on interface ${where.name}\n`);
  const packets = await new Promise<ReturnType<typeof inject>>((resolve, reject) => {
    try {
      const started = inject(request, where, () => resolve(started));
      const timer = setInterval(() => progress(started.stats().sent), progressMs);
      // Sending itself keeps the process alive.
      timer.unref();
      void stopRequested().then(() => resolve(started));
    } catch (error) {
      reject(new CommandFailure(messageOf(error), { cause: error }));
    }
  });
  packets.stop();
  const stats = packets.stats();
  progress(stats.sent);
  if (stats.failed > 0) {
    throw new CommandFailure(
      `${stats.failed} packet(s) were not sent on interface ${where.name}: ${stats.error}`,
    );
  }
  process.stderr.write(`${stats.sent} packet(s) injected successfully\n`);
}

function base64(mac: string): string {
  return Buffer.from(mac.replaceAll(':', ''), 'hex').toString('base64');
}

const interfaces = '/sys/class/net';

function interfaceOf(mac: string): string {
  const name = readdirSync(interfaces).find((each) => {
    try {
      return readFileSync(`${interfaces}/${each}/address`, 'utf8').trim() === mac.toLowerCase();
    } catch {
      // It is no interface, or went meanwhile.
      return false;
    }
  });
  if (name === undefined) throw new CommandFailure(`Could not find interface with MAC ${mac}`);
  return name;
}
