// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../../errors.js';
import type { KvStore } from '../store.js';
import type { EtcdServers } from './servers.js';
import { etcdV2 } from './v2.js';
import { etcdV3 } from './v3.js';
import { V3Session } from './v3-session.js';

export type EtcdApi = 'v2' | 'v3';

/** In the v3 key space, which every server of these versions has. */
export const choiceKey = '/skydive/etcd-api';

/**
 * The store of an external etcd over the API that `etcd.api` asks for; `auto` takes v2 where the server has it, as the
 * original's analyzers do. The choice is written down once for the cluster: analyzers with different ones would
 * keep two key spaces, and elect two masters. Throws SKY_E_CONFIG when the choice differs or cannot be had, SKY_E_STORE
 * when no server answers.
 */
export async function chooseApi(
  servers: EtcdServers,
  wanted: string,
): Promise<{ kv: KvStore; api: EtcdApi }> {
  const hasV2 = await speaksV2(servers);
  const v3Prefix = await v3PrefixOf(servers);
  const api: EtcdApi = wanted === 'v2' || wanted === 'v3' ? wanted : hasV2 ? 'v2' : 'v3';
  if (api === 'v2' && !hasV2) {
    throw refused(`${servers.current} has no API v2: start it with --enable-v2, or set etcd.api to v3`);
  }
  if (api === 'v3' && v3Prefix === undefined) {
    throw refused(
      `${servers.current} has neither API v2 nor the JSON gateway of API v3: is it an etcd from 3.3 on?`,
    );
  }
  if (v3Prefix !== undefined) await record(etcdV3(servers, v3Prefix), api);
  return { kv: api === 'v2' ? etcdV2(servers) : etcdV3(servers, v3Prefix), api };
}

async function record(v3: KvStore, api: EtcdApi): Promise<void> {
  if ((await v3.create(choiceKey, api)) !== undefined) return;
  const chosen = (await v3.get(choiceKey))?.value;
  if (chosen === undefined || chosen === api) return;
  throw refused(
    `this analyzer would use API ${api}, but the analyzers of this etcd use ${chosen} (v3 key ${choiceKey}): ` +
      `set etcd.api to ${chosen}; to move all of them to ${api}, stop them and delete the key`,
  );
}

async function speaksV2(servers: EtcdServers): Promise<boolean> {
  const { status, text } = await servers.ask({ method: 'GET', path: '/v2/keys/' });
  return status === 200 && /^\s*\{"action":/.test(text);
}

/** Where the gateway is: `/v3` from 3.4 on, `/v3beta` in 3.3. */
async function v3PrefixOf(servers: EtcdServers): Promise<string | undefined> {
  for (const prefix of ['/v3', '/v3beta']) {
    const body = { key: Buffer.from(choiceKey).toString('base64') };
    const { status, text } = await new V3Session(servers, prefix).answer('/kv/range', body);
    if (status === 200 && /"header"/.test(text)) return prefix;
  }
  return undefined;
}

function refused(why: string): SkydiveError {
  return new SkydiveError('SKY_E_CONFIG', `etcd.api: ${why}`);
}
