// SPDX-License-Identifier: Apache-2.0

import type { Permission } from '../authenticator.js';
import { type PolicyLine, policyText } from './line.js';

/** How many roles deep a role may be: casbin's limit. */
const maxDepth = 10;

/**
 * The decisions of the default model: allowed if a matching line says allow and none says deny; a line matches a
 * subject by name or through its roles. The same as casbin's (a test compares them), without its weight.
 */
export class Rules {
  readonly #lines = new Map<string, Map<string, boolean>>();
  readonly #roles = new Map<string, Set<string>>();

  constructor(lines: Iterable<PolicyLine>) {
    for (const line of lines) {
      if (line.kind === 'g') {
        const roles = this.#roles.get(line.member) ?? new Set();
        this.#roles.set(line.member, roles.add(line.role));
        continue;
      }
      const name = keyOf(line.object, line.action);
      const ofSubject = this.#lines.get(line.subject) ?? new Map<string, boolean>();
      // Of two lines of the same subject deny counts, whichever comes first.
      ofSubject.set(name, line.allowed && ofSubject.get(name) !== false);
      this.#lines.set(line.subject, ofSubject);
    }
  }

  hasRole(user: string): boolean {
    return this.#roles.has(user);
  }

  allows(user: string, object: string, action: string, defaultRole: string): boolean {
    const name = keyOf(object, action);
    let allowed = false;
    for (const subject of this.#subjects(user, defaultRole)) {
      const says = this.#lines.get(subject)?.get(name);
      if (says === false) return false;
      allowed ||= says === true;
    }
    return allowed;
  }

  /** The lines of the user and all its roles. */
  permissions(user: string, defaultRole: string): Permission[] {
    const names = new Set<string>();
    for (const subject of this.#subjects(user, defaultRole)) {
      for (const name of this.#lines.get(subject)?.keys() ?? []) names.add(name);
    }
    return [...names].sort().map((name) => {
      const [object = '', action = ''] = name.split('\n');
      return { Object: object, Action: action, Allowed: this.allows(user, object, action, defaultRole) };
    });
  }

  /** Why: the lines that decide, those of the roles they come by before them. Empty: no line matches. */
  explain(user: string, object: string, action: string, defaultRole: string): string[] {
    const why: string[] = [];
    for (const subject of this.#subjects(user, defaultRole)) {
      const says = this.#lines.get(subject)?.get(keyOf(object, action));
      if (says !== undefined) {
        why.push(policyText({ kind: 'p', subject, object, action, allowed: says }));
      }
    }
    return why;
  }

  /** Every role of a user, the default one if it has no other. */
  roles(user: string, defaultRole: string): string[] {
    return [...this.#subjects(user, defaultRole)].filter((subject) => subject !== user);
  }

  /** The user, and every role it has, directly or by another role. */
  #subjects(user: string, defaultRole: string): Set<string> {
    const subjects = new Set([user]);
    let level: Iterable<string> = this.#roles.get(user) ?? [defaultRole];
    for (let depth = 0; depth < maxDepth; depth++) {
      const next = new Set<string>();
      for (const role of level) {
        if (subjects.has(role)) continue;
        subjects.add(role);
        for (const further of this.#roles.get(role) ?? []) next.add(further);
      }
      if (next.size === 0) break;
      level = next;
    }
    return subjects;
  }
}

function keyOf(object: string, action: string): string {
  return `${object}\n${action}`;
}
