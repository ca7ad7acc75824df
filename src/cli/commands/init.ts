// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { loadConfig } from '../../config/load.js';
import { messageOf, SkydiveError } from '../../errors.js';
import { type Account, type Answers, authentications, roles } from '../init/answers.js';
import { answerAll, terminalInterview } from '../init/ask.js';
import { configurationOf } from '../init/configuration.js';
import { inventoryText } from '../init/inventory.js';
import { type Given, listed } from '../init/question.js';
import { questions, withPort } from '../init/questions.js';
import { writeWhole } from '../init/write.js';
import { roomKeys } from '../keys.js';

export function define(command: Command): void {
  command.description(
    'Ask what to deploy, and write skydive.yml or an Ansible inventory; each answer can be given as an option',
  );
  for (const { name, value, help, kind } of questions) {
    command.option(`--${name} <${value}>`, help);
    if (kind === 'secret')
      command.option(`--${name}-file <file>`, `file that holds it, - for standard input`);
  }
  command
    .option('--force', 'replace the file without asking')
    .action((options: Readonly<Record<string, string | true | undefined>>) => init(options));
}

async function init(options: Readonly<Record<string, string | true | undefined>>): Promise<void> {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  const interview = isTerminal ? await terminalInterview() : undefined;
  const given = await answerAll(questions, givenOptions(options), interview);
  const answers = answersOf(given);
  const text = answers.role === 'inventory' ? inventoryFile(answers) : await configurationFile(answers);
  const output = given['output'] ?? '-';
  if (output === '-') {
    process.stdout.write(text);
    return;
  }
  const hasSecrets = answers.user !== undefined || answers.cluster !== undefined;
  await writeWhole(output, text, hasSecrets ? 0o600 : 0o644, async () => {
    if (options['force'] === true) return true;
    return interview?.confirm(`${output} is there already. Replace it?`) ?? false;
  });
  process.stdout.write(
    `${output} is written${hasSecrets ? ', readable by its owner only' : ''}\n${nextStep(answers, output)}\n`,
  );
}

/** The options that were given, by the names of the questions; secrets from their files. */
function givenOptions(options: Readonly<Record<string, string | true | undefined>>): Given {
  const given: Record<string, string> = {};
  const option = (name: string) =>
    options[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
  for (const { name, kind } of questions) {
    const value = option(name);
    const file = kind === 'secret' ? option(`${name}-file`) : undefined;
    if (typeof value === 'string' && typeof file === 'string') {
      throw new SkydiveError('SKY_E_BAD_REQUEST', `give --${name} or --${name}-file, not both`);
    }
    if (typeof value === 'string') given[name] = value;
    if (typeof file === 'string') given[name] = secretOf(file);
  }
  return given;
}

function secretOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new SkydiveError('SKY_E_BAD_REQUEST', `cannot read the password: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function account(username: string | undefined, password: string | undefined): Account | undefined {
  return username === undefined || username === '' || password === undefined
    ? undefined
    : { username, password };
}

function answersOf(given: Given): Answers {
  const role = roles.find((name) => name === given['role'])!;
  const { listen, tls = '' } = given;
  const tlsHost = given['tls-host'];
  const user = account(given['username'], given['password']);
  const cluster = account(given['cluster-username'], given['cluster-password']);
  const keystoneUrl = given['keystone-url'];
  const hosts = listed(given['analyzers'] ?? given['peers']);
  return {
    role,
    analyzers: role === 'inventory' ? hosts : hosts.map(withPort),
    agents: listed(given['agents']),
    etcd: listed(given['etcd']),
    authentication: authentications.find((name) => name === given['auth']) ?? 'none',
    ...(listen !== undefined && { listen }),
    ...(tls !== '' && { tlsFolder: resolve(tls) }),
    ...(tlsHost !== undefined && { tlsHost }),
    ...(user !== undefined && { user }),
    ...(keystoneUrl !== undefined && { keystoneUrl }),
    ...(cluster !== undefined && { cluster }),
  };
}

function inventoryFile(answers: Answers): string {
  return `# Written by skydive init. Variables of the roles: ansible/README.md.\n${inventoryText(answers)}`;
}

/** The text of skydive.yml, which was read back: what is written is accepted. */
async function configurationFile(answers: Answers): Promise<string> {
  const lines = stringify(configurationOf(answers), {
    defaultStringType: 'QUOTE_DOUBLE',
    defaultKeyType: 'PLAIN',
  });
  const text = `# Written by skydive init. All keys: etc/skydive.yml.default.\n${lines}`;
  const { warnings } = await loadConfig({
    files: ['-'],
    env: {},
    options: {},
    rooms: roomKeys,
    stdin: async function* () {
      yield new TextEncoder().encode(text);
    },
  });
  for (const warning of warnings) process.stderr.write(`skydive: ${warning}\n`);
  return text;
}

function nextStep({ role, authentication }: Answers, output: string): string {
  if (role !== 'inventory') return `start it: skydive --conf ${output} ${role}`;
  const admin =
    "-e os_auth_url=… -e os_username=… -e os_password=…, the administrator's, makes the accounts in Keystone";
  return [
    `deploy: ansible-playbook -i ${output} playbook.yml`,
    ...(authentication === 'keystone' ? [admin] : []),
  ].join('\n');
}
