// SPDX-License-Identifier: Apache-2.0
// The inventory: two groups, each with its hosts and a full set of variables, as the playbook wants them.

import { Document, type ScalarTag, type Tags } from 'yaml';
import type { Host } from './host.js';
import { pythonTags, type Variables } from './yaml-file.js';

export interface Inventory {
  readonly hosts: readonly Host[];
  /** Whom Ansible logs in as. */
  readonly user: string;
  readonly base: Variables;
  /** The operator's files, each replacing whole variables of the base. */
  readonly extra: Variables | undefined;
  readonly agentExtra: Variables | undefined;
  readonly analyzerExtra: Variables | undefined;
}

/** Later ones replace variables of earlier ones as a whole. */
function merged(...layers: readonly (Variables | undefined)[]): Variables {
  return new Map(layers.flatMap((layer) => [...(layer ?? [])]));
}

/** A text in double quotes, only printable ASCII. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/** Texts that the library writes as they are, though Ansible's reader takes them for something else or refuses them. */
const awkwardTexts: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  identify: (value) => typeof value === 'string' && /^(=|<<)$|[^ -~\n]/.test(value),
  // Matches nothing that is read; the library prefers tags that have a test.
  test: /(?!)/,
  resolve: (text) => text,
  stringify: ({ value }) => (value === '=' || value === '<<' ? `'${value}'` : escaped(String(value))),
};

/** What YAML 1.1 would make of a `Map`; Ansible wants a mapping. */
function isOrderedMap(tag: Tags[number]): boolean {
  return typeof tag !== 'string' && tag.tag === 'tag:yaml.org,2002:omap';
}

/** YAML in block style, keys sorted, no anchors: the shape that the original's dumper gave. */
export function renderInventory(inventory: Inventory): string {
  const { hosts, user, base, extra, agentExtra, analyzerExtra } = inventory;
  const common = (host: Host) => ({ ansible_become: true, ansible_host: host.address, ansible_user: user });
  const controllers = hosts.filter((host) => host.controller);
  const content = {
    agents: {
      hosts: new Map(hosts.map((host) => [host.name, common(host)])),
      vars: merged(base, extra, agentExtra),
    },
    analyzers: {
      hosts: new Map(
        controllers.map((host) => [host.name, { ...common(host), skydive_listen_ip: host.address }]),
      ),
      vars: merged(base, extra, analyzerExtra),
    },
  };
  const document = new Document(content, {
    version: '1.1',
    aliasDuplicateObjects: false,
    sortMapEntries: true,
    customTags: (tags) => [awkwardTexts, ...pythonTags(tags).filter((tag) => !isOrderedMap(tag))],
  });
  return document.toString({
    directives: false,
    indentSeq: false,
    lineWidth: 0,
    singleQuote: true,
    blockQuote: false,
  });
}
