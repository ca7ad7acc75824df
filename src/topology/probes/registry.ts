// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import type { Config } from '../../config/key.js';
import type { MetadataValue, Node } from '../../graph/element.js';
import type { Graph } from '../../graph/graph.js';
import type { Logger } from '../../log/logger.js';
import type { OvsDatabase } from '../../ovs/database.js';
import { missingPrivileges } from '../privileges.js';
import type { ConfigFile, ConfigFiles } from './host/config-files.js';
import { addHostNode } from './host/host-node.js';
import { NetlinkProbe } from './netlink/netlink-probe.js';
import type { OvsdbProbe } from './ovsdb/ovsdb-probe.js';
import type { ProbeFactory, ProbeStatus } from './probe.js';
import { ProbeSet } from './probe-set.js';

export interface TopologyProbesOptions {
  readonly graph: Graph;
  readonly config: Config;
  readonly logger: Logger;
}

/** The host node and all that an agent finds on its host. */
export class TopologyProbes {
  readonly #options: TopologyProbesOptions;
  readonly #probes: ProbeSet;
  #host: Node | undefined;
  #files: ConfigFiles | undefined;
  #ovsdb: OvsdbProbe | undefined;

  /** Throws SKY_E_CONFIG when `agent.topology.probes` names an unknown probe. */
  constructor(options: TopologyProbesOptions) {
    this.#options = options;
    const names = options.config.getList('agent.topology.probes');
    this.#probes = new ProbeSet(names, this.#factories(), options.logger);
  }

  /** Resolves when what is there has been found and each probe runs or has been left out. */
  async start(): Promise<void> {
    const { graph, config, logger } = this.#options;
    this.#host ??= addHostNode(graph, {
      hostId: config.getString('host_id'),
      hostname: hostname(),
      metadata: config.getMap('agent.metadata') as { readonly [key: string]: MetadataValue },
    });
    const files = config.get('agent.metadata_config.files');
    if (this.#files === undefined && Array.isArray(files) && files.length > 0) {
      const { ConfigFiles } = await import('./host/config-files.js');
      // The form was checked with the configuration.
      this.#files = new ConfigFiles(graph, this.#host.ID, files as unknown as ConfigFile[], logger);
      await this.#files.start();
    }
    for (const missing of missingPrivileges()) logger.warn(missing);
    await this.#probes.start();
  }

  /** Nodes stay as they are. */
  async stop(): Promise<void> {
    this.#files?.stop();
    this.#files = undefined;
    await this.#probes.stop();
  }

  status(): Record<string, ProbeStatus> {
    return this.#probes.status();
  }

  /** The database of Open vSwitch; undefined when its probe is not wanted, or there is none. */
  get ovs(): OvsDatabase | undefined {
    return this.#ovsdb?.database;
  }

  #factories(): Map<string, ProbeFactory> {
    const { graph, config, logger } = this.#options;
    let netlink: NetlinkProbe;
    return new Map<string, ProbeFactory>([
      [
        'netlink',
        () => {
          netlink = new NetlinkProbe({
            graph,
            logger,
            metricsUpdateMs: config.getInt('agent.topology.netlink.metrics_update') * 1000,
          });
          return {
            start: async () => {
              netlink.start();
              await netlink.register({}, this.#host!.ID).synced;
            },
            stop: () => netlink.stop(),
            status: () =>
              netlink.failure === undefined
                ? { Status: 'running' }
                : { Status: 'stopped', Reason: netlink.failure },
          };
        },
      ],
      [
        'netns',
        async () => {
          if (this.status()['netlink']?.Status !== 'running')
            throw new Error('the netlink probe does not run');
          const { NetnsProbe } = await import('./netns/netns-probe.js');
          return new NetnsProbe({
            graph,
            netlink,
            hostNodeId: this.#host!.ID,
            logger,
            runPath: config.getString('agent.topology.netns.run_path'),
          });
        },
      ],
      [
        'hardware',
        async () => {
          const { HardwareProbe } = await import('./hardware/hardware-probe.js');
          return new HardwareProbe({ graph, hostNodeId: this.#host!.ID, logger });
        },
      ],
      [
        'ovsdb',
        async () => {
          const { OvsdbProbe } = await import('./ovsdb/ovsdb-probe.js');
          const { parseEndpoint } = await import('../../ovs/endpoint.js');
          const probe = new OvsdbProbe({
            graph,
            hostNodeId: this.#host!.ID,
            logger,
            endpoint: parseEndpoint(config.getString('ovs.ovsdb')),
            statistics: config.getBool('ovs.enable_stats'),
          });
          this.#ovsdb = probe;
          return probe;
        },
      ],
    ]);
  }
}
