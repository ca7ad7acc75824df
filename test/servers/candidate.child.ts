// SPDX-License-Identifier: Apache-2.0
// A candidate of an election that writes down when it was master, by the clock that all processes of a host share
// (CLOCK_MONOTONIC). Its parent may stop it (SIGSTOP) or kill it at any time.

import { writeSync } from 'node:fs';
import { silentLogger } from '../../src/log/logger.js';
import { Election } from '../../src/store/kv/election.js';
import { EtcdServers } from '../../src/store/kv/etcd/servers.js';
import { etcdV2 } from '../../src/store/kv/etcd/v2.js';
import { etcdV3 } from '../../src/store/kv/etcd/v3.js';

const [api, host, times, ...urls] = process.argv.slice(2) as [string, string, string, ...string[]];
const servers = new EtcdServers({ urls, timeoutMs: 700 });
const kv = api === 'v2' ? etcdV2(servers) : etcdV3(servers);
const election = new Election({ kv, name: 'recorded', host, logger: silentLogger, times: JSON.parse(times) });
let term = 0;
election.on((state) => {
  if (state === 'master') term++;
});
election.start();
const nowUs = () => Number(process.hrtime.bigint() / 1000n);
let was = false;
setInterval(() => {
  const asked = nowUs();
  const master = election.isMaster;
  // A process that was stopped between the two does not know at which of them it was master.
  if (nowUs() - asked > 2000) return;
  if (master || was) writeSync(1, `${JSON.stringify({ host, term, master, atUs: asked })}\n`);
  was = master;
}, 3);
process.on('SIGTERM', () => {
  void election.stop().then(() => process.exit(0));
});
