// SPDX-License-Identifier: Apache-2.0

type Row = Readonly<Record<string, unknown>>;

const nodeColumns = ['ID', 'Metadata.Type', 'Metadata.Name', 'Metadata.State', 'Metadata.IPV4', 'Host'];
const edgeColumns = ['ID', 'Metadata.RelationType', 'Parent', 'Child', 'Host'];

function isMap(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A cell holds no line break and no control character of the terminal. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text =
    Array.isArray(value) && value.every((member) => !isMap(member))
      ? value.join(',')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
  return text.replace(/\p{Cc}/gu, ' ');
}

function at(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const key of path.split('.')) value = isMap(value) ? value[key] : undefined;
  return value;
}

function columnsOf(rows: readonly Row[]): readonly string[] {
  const first = rows[0] ?? {};
  if ('Metadata' in first && 'ID' in first) return 'Parent' in first ? edgeColumns : nodeColumns;
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

function lines(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const head = columns.map((path) => path.split('.').at(-1)!.toUpperCase());
  const cells = [head, ...rows.map((row) => columns.map((path) => cell(at(row, path))))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]!.length)));
  return cells
    .map(
      (line) =>
        `${line
          .map((text, index) => text.padEnd(widths[index]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/**
 * A JSON value for eyes: elements and lists of objects as columns, a graph as two tables, an object whose members are
 * objects with its keys in the first column, anything else one value a line.
 */
export function tableOf(value: unknown): string {
  if (Array.isArray(value)) {
    if (value.length === 1 && isMap(value[0]) && 'Nodes' in value[0]) return tableOf(value[0]);
    if (value.some(Array.isArray)) return value.map((part) => tableOf(part)).join('\n');
    if (value.length > 0 && value.every(isMap)) return lines(value);
    return value.map((member) => `${cell(member)}\n`).join('');
  }
  if (!isMap(value)) return `${cell(value)}\n`;
  const members = Object.entries(value);
  if ('Nodes' in value && 'Edges' in value)
    return `${tableOf(value['Nodes'] ?? [])}\n${tableOf(value['Edges'] ?? [])}`;
  if (members.length > 0 && members.every(([, member]) => Array.isArray(member))) {
    return members.map(([key, member]) => `${key}\n${tableOf(member)}`).join('\n');
  }
  if (members.length > 0 && members.every(([, member]) => isMap(member))) {
    return lines(members.map(([key, member]) => ({ KEY: key, ...(member as Row) })));
  }
  return members.map(([key, member]) => `${cell(key)}: ${cell(member)}\n`).join('');
}
