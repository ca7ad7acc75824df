// SPDX-License-Identifier: Apache-2.0

export const roles = ['allinone', 'agent', 'analyzer', 'inventory'] as const;
/** What is written: `skydive.yml` for what runs on this host, or an Ansible inventory for several hosts. */
export type Role = (typeof roles)[number];

export const authentications = ['none', 'basic', 'keystone'] as const;
export type Authentication = (typeof authentications)[number];

/** A user with a clear password. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** All that the wizard knows at the end; what does not concern the role is empty. */
export interface Answers {
  readonly role: Role;
  /** `skydive.yml`: host:port of each analyzer; inventory: names or addresses of their hosts. */
  readonly analyzers: readonly string[];
  /** Inventory: hosts of the agents. */
  readonly agents: readonly string[];
  /** Where the API of the analyzer listens, host:port. */
  readonly listen?: string;
  /** External etcd servers, which several analyzers on hosts without inventory share. */
  readonly etcd: readonly string[];
  /** Folder that `skydive tls init` wrote; TLS is on with it. */
  readonly tlsFolder?: string;
  /** Name by which that folder knows this host. */
  readonly tlsHost?: string;
  readonly authentication: Authentication;
  /** User of the API, `basic` and inventories of `keystone`. */
  readonly user?: Account;
  readonly keystoneUrl?: string;
  /** By which agents and analyzers know each other. */
  readonly cluster?: Account;
}
