// SPDX-License-Identifier: Apache-2.0

import { letsEverybodyIn } from '../auth/backend.js';
import { parseAddress } from '../config/address.js';
import type { Config } from '../config/key.js';
import { isLoopback } from '../config/loopback.js';

/** What an administrator should know of how open this service is; for the log at start and for `/api/status`. */
export function opennessWarnings(config: Config, service: 'analyzer' | 'agent'): string[] {
  const warnings: string[] = [];
  const beyond = (key: string) => !isLoopback(parseAddress(config.getString(key)).host);
  const backends =
    service === 'analyzer'
      ? ['analyzer.auth.api.backend', 'analyzer.auth.cluster.backend']
      : ['agent.auth.api.backend'];
  for (const key of backends) {
    if (beyond(`${service}.listen`) && letsEverybodyIn(config, key)) {
      warnings.push(`${service}.listen is reachable from other hosts and ${key} lets everybody in`);
    }
  }
  if (service === 'analyzer' && config.getBool('etcd.embedded') && beyond('etcd.listen')) {
    if (config.getBool('etcd.allow_unauthenticated')) {
      warnings.push(
        'etcd.allow_unauthenticated: whoever reaches etcd.listen may change captures, alerts and the policy',
      );
    } else if (Object.values(config.getMap('etcd.peers')).some((urls) => !/^https:/.test(String(urls)))) {
      warnings.push(
        'etcd.peers: the members of the etcd cluster ask nobody who they are; keep their ports among themselves, or use https URLs',
      );
    }
  }
  return warnings;
}
