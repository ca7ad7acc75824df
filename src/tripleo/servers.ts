// SPDX-License-Identifier: Apache-2.0
// Nova's servers, for stacks that do not tell their roles: the roles are guessed from the names.

import { isIPv4 } from 'node:net';
import { SkydiveError } from '../errors.js';
import { exchange } from './exchange.js';
import type { Host } from './host.js';
import type { Session } from './identity.js';
import { at, listAt, textAt } from './json.js';

const network = 'ctlplane';
/** Pages are 1000 servers each unless the undercloud says otherwise. */
const maxPages = 1000;

function hostOf(server: unknown): Host | undefined {
  const name = textAt(server, 'name')?.toLowerCase() ?? '';
  const controller = name.includes('controller');
  if (!controller && !name.includes('compute')) return undefined;
  for (const entry of listAt(server, 'addresses', network)) {
    const address = textAt(entry, 'addr');
    if (address !== undefined && isIPv4(address)) return { name, address, controller };
  }
  return undefined;
}

/** Servers named after controllers and computes with an address on ctlplane; undefined when there is no Nova. */
export async function hostsOfServers(session: Session): Promise<Host[] | undefined> {
  const endpoint = session.endpoint('compute');
  if (endpoint === undefined) return undefined;
  const first = new URL(`${endpoint}/servers/detail`);
  const hosts: Host[] = [];
  let url: URL | undefined = first;
  for (let page = 0; url !== undefined && page < maxPages; page += 1) {
    const { status, json } = await exchange(session.transport, { url, token: session.token });
    if (status !== 200 || at(json, 'servers') === undefined) {
      const what = `Nova at ${endpoint} did not list its servers (HTTP ${status})`;
      throw new SkydiveError('SKY_E_INTERNAL', what);
    }
    for (const server of listAt(json, 'servers')) {
      const host = hostOf(server);
      if (host !== undefined) hosts.push(host);
    }
    const next = listAt(json, 'servers_links').find((link) => textAt(link, 'rel') === 'next');
    const href = textAt(next, 'href');
    // Only the query differs from page to page; the token goes to the catalog's server only.
    url = href === undefined ? undefined : new URL(first.pathname + new URL(href, first).search, first);
  }
  return hosts;
}
