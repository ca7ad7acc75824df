// SPDX-License-Identifier: Apache-2.0

import type { StepDefinition } from './step.js';

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function row({ name, aliases = [], bare, accepts, returns, doc, extension }: StepDefinition): string {
  const names = [name, ...aliases].map((one) => `\`${bare === true ? one : `${one}()`}\``).join(' = ');
  const where = extension === true ? `${doc} Analyzer only.` : doc;
  const follows = accepts.length > 8 ? 'anything' : accepts.join(', ');
  return `| ${names} | ${follows} | ${returns} | ${cell(where)} |`;
}

const introduction = `<!-- Written by tools/gremlin-docs.mjs. -->
# Gremlin

A query starts with \`G\`, the graph; each step works on what the one before it gave: \`G.V().Has("Type","veth").Out()\`.
Steps, predicates and constants are understood in any case. Texts stand in double or single quotes and know no escapes;
numbers have no sign. It is sent to \`POST /api/topology\` or asked with \`skydive client query\`.

## Conditions

A step that filters takes one key, which then has to be there, or pairs of a key and a value. A key is a dotted path in
the metadata (\`Name\`, \`Cfg.Mode\`) or \`@ID @Host @Origin @CreatedAt @UpdatedAt @DeletedAt @Revision\`; of edges also
\`Parent\` and \`Child\`. A list of a node passes when one of its items does. A value is a text, a number, \`true\`,
\`false\`, or a predicate:

| Predicate | Passes |
|---|---|
| \`NE(x)\`, \`NEE(x)\` | what differs; \`NEE\` also where the key is missing |
| \`LT(n)\`, \`LTE(n)\`, \`GT(n)\`, \`GTE(n)\` | numbers below, up to, above, from |
| \`Inside(a,b)\`, \`Between(a,b)\` | numbers from a to b, both excluded; \`Between\` includes a |
| \`Within(…)\`, \`Without(…)\` | one of the values; none of them, or the key is missing |
| \`Regex("…")\` | texts that match as a whole (RE2 syntax); write \`.*part.*\` for a part |
| \`Ipv4Range("10.0.0.0/8")\` | addresses in the range |

## Time

\`G.At("-1h")\` is the graph of an hour ago, \`G.At(1600000000)\` that of an instant in seconds since 1970,
\`G.At("-1h","10m")\` every revision of the ten minutes that ended then. Also \`NOW\`, milliseconds, and dates such as
\`"Sun, 13 Sep 2020 12:27:05 GMT"\`.

## Steps

| Step | Follows | Gives | What it does |
|---|---|---|---|
`;

const closing = `
## Flows

\`G.Flows()\` asks every agent for the flows of its captures, \`G.V().Has("Name","eth0").Flows()\` the agents of these nodes
for what is captured on them. Has, HasEither, Sort, Dedup and a limit right behind it are done by the agents: only what is
left travels. In a time context flows come from the store. Flows are there as long as a capture runs
(\`skydive client capture create\`) and their last packet is not older than \`flow.expire\`.

| Fields | Kind |
|---|---|
| \`UUID\` \`LayersPath\` \`Application\` \`TrackingID\` \`L3TrackingID\` \`ParentUUID\` \`NodeTID\` \`CaptureID\` | texts, there even when they are empty |
| \`Start\` \`Last\` | milliseconds since 1970 |
| \`Link.\` \`Network.\`: \`Protocol\` \`A\` \`B\` (texts), \`ID\`; \`Transport.\`: \`Protocol\` (text), \`A\` \`B\` \`ID\`; \`ICMP.\`: \`Type\` (text), \`Code\` \`ID\` | layers; a flow that lacks one lacks its fields |
| \`Metric.\` \`LastUpdateMetric.\`: \`ABPackets\` \`ABBytes\` \`BAPackets\` \`BABytes\` \`Start\` \`Last\` \`RTT\` | numbers, since the beginning or in the latest period |
| \`TCPMetric.*\` \`IPMetric.*\` | numbers, as the JSON names them |
| \`DNS.\`: \`OpCode\` \`ResponseCode\` (texts), \`ID\` \`Z\` \`QDCount\` \`ANCount\` \`NSCount\` \`ARCount\`; \`DHCPv4.\`: \`HardwareLen\` \`HardwareOpts\` \`Secs\` \`Flags\` | where the capture keeps extra layers |

\`Network\`, \`Link\` and \`Transport\` alone mean either end. Names of protocols and types are those of the JSON (\`"TCP"\`,
\`"ECHO"\`). \`Has\` takes pairs only.

| Question | Query |
|---|---|
| Who sends most? | \`G.Flows().Sort(DESC, "Metric.ABBytes").Limit(10)\` |
| What does an address talk to? | \`G.Flows().Has("Network", "10.0.0.1").Dedup("TrackingID")\` |
| Where does a flow pass? | \`G.Flows().Has("TrackingID", "f2a7…").Hops()\` |
| Which names were not found? | \`G.Flows().Has("DNS.ResponseCode", "Non-Existent Domain")\` |
| What went through since the latest update? | \`G.V().Has("Name", "eth0").Flows().Metrics().Sum()\` |
| Its packets, as a pcap file? | \`G.Flows().Has("Application", "DNS").RawPackets().BPF("port 53")\`, \`Accept: application/vnd.tcpdump.pcap\` |

## What a query may take

A query has a time and a number of elements that a step may give (\`analyzer.gremlin.timeout\`,
\`analyzer.gremlin.max_rows\`), sees the graph as it was when it began, and ends when its client goes. \`Explain()\` at its
end shows how it ran: what each step took in, which index or column it used, how many elements it looked at and gave.
`;

/** The page on the language, the steps as they describe themselves. */
export function documentationText(steps: readonly StepDefinition[]): string {
  return `${introduction}${steps.map(row).join('\n')}\n${closing}`;
}
