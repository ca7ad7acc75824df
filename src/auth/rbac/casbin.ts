// SPDX-License-Identifier: Apache-2.0

import type { Enforcer } from 'casbin';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Permission, Policy } from '../authenticator.js';
import { type PolicyLine, policyText } from './line.js';
import { Rules } from './rules.js';

/** Decisions by casbin, for a model of the user's own. Loaded only then: it costs start-up time and memory. */
export class CasbinRules implements Policy {
  readonly #enforcer: Enforcer;
  /** Tells who has a role, and which lines there are. */
  readonly #rules: Rules;

  private constructor(enforcer: Enforcer, rules: Rules) {
    this.#enforcer = enforcer;
    this.#rules = rules;
  }

  /** Throws SKY_E_CONFIG when casbin does not take the model or the lines. */
  static async load(model: string, lines: readonly PolicyLine[]): Promise<CasbinRules> {
    const { newEnforcer, newModelFromString, StringAdapter } = await import('casbin');
    try {
      // It takes an empty text for a missing one.
      const text = lines.map(policyText).join('\n') || '#';
      const enforcer = await newEnforcer(newModelFromString(model), new StringAdapter(text));
      return new CasbinRules(enforcer, new Rules(lines));
    } catch (error) {
      throw new SkydiveError('SKY_E_CONFIG', `rbac.model: casbin does not take it: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  allows(user: string, object: string, action: string, defaultRole: string): boolean {
    if (this.#rules.hasRole(user)) return this.#enforcer.enforceSync(user, object, action);
    const roles = this.#enforcer.getRoleManager();
    // Links of the default role manager take effect at once; its promises are for those with a database.
    void roles.addLink(user, defaultRole);
    try {
      return this.#enforcer.enforceSync(user, object, action);
    } finally {
      void roles.deleteLink(user, defaultRole);
    }
  }

  permissions(user: string, defaultRole: string): Permission[] {
    return this.#rules
      .permissions(user, defaultRole)
      .map((line) => ({ ...line, Allowed: this.allows(user, line.Object, line.Action, defaultRole) }));
  }
}
