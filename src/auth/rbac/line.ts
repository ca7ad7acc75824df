// SPDX-License-Identifier: Apache-2.0

import { SkydiveError } from '../../errors.js';

/** `p, subject, object, action, allow|deny`: what somebody may do. `g, member, role`: who has a role. */
export type PolicyLine =
  | {
      readonly kind: 'p';
      readonly subject: string;
      readonly object: string;
      readonly action: string;
      readonly allowed: boolean;
    }
  | { readonly kind: 'g'; readonly member: string; readonly role: string };

/**
 * Reads the lines of a policy; empty ones and those that begin with `#` are skipped. Throws SKY_E_BAD_REQUEST that
 * names the source, the line number and what a line has to be.
 */
export function parsePolicy(text: string, source: string): PolicyLine[] {
  return text.split('\n').flatMap((line, at) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    return [parseLine(trimmed, `${source}, line ${at + 1}`)];
  });
}

export function parseLine(line: string, where: string): PolicyLine {
  const [kind, ...fields] = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
  const malformed = (why: string) =>
    new SkydiveError(
      'SKY_E_BAD_REQUEST',
      `${where}: ${why} in "${line}"; a line is "p, subject, object, action, allow|deny" or "g, user, role"`,
    );
  if (fields.some((field) => field === '')) throw malformed('an empty field');
  if (kind === 'g') {
    const [member, role, ...more] = fields;
    if (member === undefined || role === undefined || more.length > 0)
      throw malformed(`${fields.length} fields after g`);
    return { kind: 'g', member, role };
  }
  if (kind !== 'p') throw malformed(`"${kind}" is neither p nor g`);
  const [subject, object, action, effect = 'allow', ...more] = fields;
  if (subject === undefined || object === undefined || action === undefined || more.length > 0) {
    throw malformed(`${fields.length} fields after p`);
  }
  if (effect !== 'allow' && effect !== 'deny') throw malformed(`"${effect}" is neither allow nor deny`);
  return { kind: 'p', subject, object, action, allowed: effect === 'allow' };
}

/** The line as casbin writes it. */
export function policyText(line: PolicyLine): string {
  if (line.kind === 'g') return `g, ${line.member}, ${line.role}`;
  return `p, ${line.subject}, ${line.object}, ${line.action}, ${line.allowed ? 'allow' : 'deny'}`;
}
