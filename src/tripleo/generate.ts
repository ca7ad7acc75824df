// SPDX-License-Identifier: Apache-2.0

import { writeFileSync } from 'node:fs';
import { messageOf, SkydiveError } from '../errors.js';
import type { Transport } from './exchange.js';
import type { Host } from './host.js';
import { authenticate, type Session } from './identity.js';
import { renderInventory } from './inventory.js';
import { localRegistry, preparedImages } from './params.js';
import { hostsOfRoles } from './role-maps.js';
import { hostsOfServers } from './servers.js';
import type { Settings } from './settings.js';
import { readStack, type Stack } from './stack.js';
import { trustedAuthorities } from './trust.js';
import { adminPassword, baseVariables } from './variables.js';
import { readVariables } from './yaml-file.js';

/** Hears of what the operator has to look at, one line each. */
export type Warn = (text: string) => void;

function transportOf(settings: Settings): Transport {
  const timeout = settings.get('timeout');
  const seconds = Number(timeout);
  if (!(seconds > 0 && seconds <= 86_400))
    throw new SkydiveError('SKY_E_CONFIG', `timeout ${timeout} is not a number of seconds above 0`);
  return { authorities: trustedAuthorities(settings.get('cacert')), timeoutMs: seconds * 1000 };
}

async function hostsOf(stack: Stack, session: Session, warn: Warn): Promise<Host[]> {
  const hosts = hostsOfRoles(stack, warn) ?? (await hostsOfServers(session));
  if (hosts === undefined)
    warn(
      'the stack has no RoleNetIpMap and RoleNetHostnameMap and the undercloud has no Nova: there are no hosts',
    );
  else if (hosts.length === 0) warn('neither controllers nor computes were found: there are no hosts');
  return hosts ?? [];
}

/** Asks the undercloud and writes the inventory. `authUrl` is there. Throws SkydiveError. */
export async function generate(authUrl: string, settings: Settings, warn: Warn): Promise<void> {
  const extra = readVariables(settings.get('extra-file'), 'extra file');
  const agentExtra = readVariables(settings.get('agent-extra-file'), 'agent extra file');
  const analyzerExtra = readVariables(settings.get('analyzer-extra-file'), 'analyzer extra file');
  const registry = localRegistry(settings.get('undercloud-params-file'));
  const images = preparedImages(settings.get('container-params-file'));
  const plan = settings.get('plan') ?? '';
  const credentials = {
    authUrl,
    token: settings.get('os-auth-token') || settings.get('auth-token'),
    username: settings.get('username'),
    password: settings.get('password'),
    projectName: settings.get('project-name'),
  };
  const session = await authenticate(credentials, transportOf(settings));
  const stack = await readStack(session, plan);
  let hosts: Host[] = [];
  let password: string | undefined;
  if (stack === undefined) {
    warn(`stack ${plan} was not found: the inventory has no hosts, no addresses and no password (--plan)`);
  } else {
    hosts = await hostsOf(stack, session, warn);
    password = adminPassword(stack);
    if (password === undefined)
      warn(
        `Heat does not tell the AdminPassword of ${plan}: set os_password in an extra file (--extra-file)`,
      );
  }
  const text = renderInventory({
    hosts,
    user: settings.get('ansible-ssh-user') ?? '',
    base: baseVariables({ stack, password, registry, images }),
    extra,
    agentExtra,
    analyzerExtra,
  });
  const path = settings.get('inventory-file') ?? '';
  try {
    // It holds the overcloud's password: not for others, where the file is new.
    writeFileSync(path, text, { mode: 0o600 });
  } catch (error) {
    const what = `cannot write the inventory ${path}: ${messageOf(error)}`;
    throw new SkydiveError('SKY_E_CONFIG', what, { cause: error });
  }
}
