// SPDX-License-Identifier: Apache-2.0

import { Command } from 'commander';
import { addCommands, type CommandEntry } from './command.js';

const services: readonly CommandEntry[] = [
  {
    name: 'agent',
    summary: 'Run an agent in the foreground',
    load: () => import('./commands/agent.js'),
  },
  {
    name: 'analyzer',
    summary: 'Run an analyzer in the foreground',
    load: () => import('./commands/analyzer.js'),
  },
  {
    name: 'allinone',
    summary: 'Run an agent and an analyzer on this host',
    load: () => import('./commands/allinone.js'),
  },
  {
    name: 'client',
    summary: 'Talk to an analyzer',
    load: () => import('./commands/client.js'),
  },
  {
    name: 'init',
    summary: 'Ask what to deploy, and write skydive.yml or an Ansible inventory',
    load: () => import('./commands/init.js'),
  },
  {
    name: 'inject-packet',
    summary: 'Send packets from an interface of this host',
    load: () => import('./commands/inject-packet.js'),
  },
  {
    name: 'tls',
    summary: 'Make certificates for agents and analyzers',
    load: () => import('./commands/tls.js'),
  },
  {
    name: 'htpasswd',
    summary: 'Set the password of a user in a password file',
    load: () => import('./commands/htpasswd.js'),
  },
];

const common: readonly CommandEntry[] = [
  {
    name: 'version',
    summary: 'Print the version',
    load: () => import('./commands/version.js'),
  },
  {
    name: 'bash-completion',
    summary: 'Write a completion file for bash into the current directory',
    load: () => import('./commands/bash-completion.js'),
  },
];

/** The command line; nothing of a command but its name is loaded. `name`: of the executable. */
export async function createProgram(name: string): Promise<Command> {
  const program = new Command(name)
    .option(
      '-c, --conf <location>',
      'configuration file; may be repeated, later ones win; - reads standard input',
      (location: string, before: readonly string[]) => [...before, location],
      [],
    )
    .option('-b, --config-backend <backend>', 'where the configuration is: file or etcd', 'file')
    .option('--verbose', 'log what helps to find an error')
    .showHelpAfterError();
  if (name === 'skydive-cli') {
    program.description('Skydive client');
    const client = await import('./commands/client.js');
    client.addOptions(program);
    addCommands(program, [...client.commands, ...common]);
  } else {
    program.description('Topology and flows of a network, live and past');
    addCommands(program, [...services, ...common]);
  }
  return program;
}
