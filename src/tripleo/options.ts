// SPDX-License-Identifier: Apache-2.0

/** Environment of the process. A variable that is set but empty counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const programName = 'skydive-tripleo-inventory';

/** An option of the command line that takes one value. */
export interface Option {
  /** As typed after `--`; in a configuration file with underscores. */
  readonly name: string;
  readonly metavar: string;
  readonly help?: string;
  /** Variables that hold its default, the first that is set wins. */
  readonly variables?: readonly string[];
  /** Where no variable does. */
  readonly otherwise?: string;
  /** Accepted under its full name only and not shown: later revisions of the original had it. */
  readonly extra?: true;
}

const configDirHelp =
  'Path to a config directory to pull `*.conf` files from. This file set is sorted, so as to provide a ' +
  'predictable parse order if individual options are over-ridden. The set is parsed after the file(s) ' +
  'specified via previous --config-file, arguments hence over-ridden options in the directory take precedence.';
const configFileHelp =
  'Path to a config file to use. Multiple config files can be specified, with values in later files taking ' +
  'precedence. Defaults to None.';

/** In the order of the usage. The texts are the interface that the users' documentation shows. */
export const options = [
  { name: 'agent-extra-file', metavar: 'AGENT_EXTRA_FILE', help: 'extra vars agent file' },
  { name: 'analyzer-extra-file', metavar: 'ANALYZER_EXTRA_FILE', help: 'extra vars analyzer file' },
  {
    name: 'ansible-ssh-user',
    metavar: 'ANSIBLE_SSH_USER',
    variables: ['ANSIBLE_SSH_USER'],
    otherwise: 'heat-admin',
  },
  { name: 'auth-token', metavar: 'AUTH_TOKEN', variables: ['OS_AUTH_TOKEN'] },
  { name: 'auth-url', metavar: 'AUTH_URL', variables: ['OS_AUTH_URL'] },
  { name: 'cacert', metavar: 'CACERT', variables: ['OS_CACERT'] },
  { name: 'config-dir', metavar: 'DIR', help: configDirHelp },
  { name: 'config-file', metavar: 'PATH', help: configFileHelp },
  { name: 'extra-file', metavar: 'EXTRA_FILE', help: 'extra vars file' },
  {
    name: 'inventory-file',
    metavar: 'INVENTORY_FILE',
    help: 'file to be written',
    otherwise: 'skydive-inventory.yaml',
  },
  { name: 'password', metavar: 'PASSWORD', variables: ['OS_PASSWORD'] },
  { name: 'plan', metavar: 'PLAN', variables: ['TRIPLEO_PLAN_NAME'], otherwise: 'overcloud' },
  { name: 'project-name', metavar: 'PROJECT_NAME', variables: ['OS_PROJECT_NAME', 'OS_TENANT_NAME'] },
  { name: 'undercloud-params-file', metavar: 'UNDERCLOUD_PARAMS_FILE', help: 'undercloud params file' },
  { name: 'username', metavar: 'USERNAME', variables: ['OS_USERNAME'] },
  { name: 'container-params-file', metavar: 'CONTAINER_PARAMS_FILE', extra: true },
  { name: 'os-auth-token', metavar: 'OS_AUTH_TOKEN', extra: true },
  { name: 'timeout', metavar: 'TIMEOUT', otherwise: '60', extra: true },
] as const satisfies readonly Option[];

export type OptionName = (typeof options)[number]['name'];

export function optionNamed(name: string): Option | undefined {
  return options.find((option) => option.name === name);
}

export function defaultOf(option: Option, environment: Environment): string | undefined {
  for (const name of option.variables ?? []) if (environment[name]) return environment[name];
  return option.otherwise;
}
