// SPDX-License-Identifier: Apache-2.0

// The words of the query language, as completion offers them. The client has no part of the analyzer in it, so they
// are listed here; a test compares them with the language itself.

export const steps: readonly string[] = [
  ...[
    'Aggregates',
    'As',
    'Ascendants',
    'At',
    'BPF',
    'Both',
    'BothE',
    'BothV',
    'CaptureNode',
    'Context',
    'Count',
  ],
  ...[
    'Dedup',
    'Descendants',
    'E',
    'Explain',
    'Flows',
    'G',
    'Group',
    'Has',
    'HasEither',
    'HasKey',
    'HasNot',
    'Hops',
  ],
  ...[
    'In',
    'InE',
    'InV',
    'Keys',
    'Limit',
    'Metrics',
    'MoreThan',
    'Neighbors',
    'NextHop',
    'Node',
    'Nodes',
    'Out',
  ],
  ...[
    'OutE',
    'OutV',
    'Range',
    'RawPackets',
    'Select',
    'ShortestPathTo',
    'Sockets',
    'Sort',
    'SubGraph',
    'Sum',
    'V',
  ],
  ...['ValueMap', 'Values', 'Workflow'],
];

export const predicates: readonly string[] = [
  ...['Between', 'GT', 'GTE', 'Inside', 'Ipv4Range', 'LT', 'LTE', 'Metadata', 'NE', 'NEE', 'Regex', 'Within'],
  'Without',
];

export const constants: readonly string[] = ['ASC', 'DESC', 'FOREVER', 'NOW', 'false', 'true'];

/** Steps whose texts are keys throughout. */
export const keySteps: ReadonlySet<string> = new Set(
  ['Values', 'ValueMap', 'Dedup', 'Sum', 'Sort', 'HasKey', 'HasNot'].map((name) => name.toUpperCase()),
);
