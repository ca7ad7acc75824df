// SPDX-License-Identifier: Apache-2.0

import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf } from '../../errors.js';
import { connectionOf } from '../client/connection.js';
import { send, textOf } from '../client/request.js';
import { CommandFailure } from '../failure.js';

export function define(command: Command): void {
  command
    .requiredOption('-t, --trace <file>', 'capture file: pcap or pcapng, gzip too')
    .action(async ({ trace }: { trace: string }) => {
      const file = await open(trace).catch((error: unknown) => {
        throw new CommandFailure(`--trace ${trace}: ${messageOf(error)}`, { cause: error });
      });
      const { size } = await file.stat();
      const answer = await send(await connectionOf(command), {
        method: 'POST',
        path: 'pcap',
        body: { bytes: size, stream: file.createReadStream() },
      });
      if (answer.status !== 202) {
        const text = (await textOf(answer.body)).trimEnd();
        throw new CommandFailure(`Failed to import ${trace}, ${answer.statusLine}: ${text}`);
      }
      process.stdout.write(`${trace} was successfully imported\n`);
    });
}
