// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../../config/key.js';
import { messageOf, SkydiveError } from '../../errors.js';
import type { Logger } from '../../log/logger.js';
import { Follower } from '../../store/kv/follow.js';
import type { KvStore } from '../../store/kv/store.js';
import type { Permission, Policy } from '../authenticator.js';
import { bundledPolicy } from './bundled.js';
import { type PolicyLine, parseLine, parsePolicy } from './line.js';
import { isDefaultModel, modelText } from './model.js';
import { Rules } from './rules.js';

/** Where administrators put their policy, on every kind of key-value store. */
export const policyKey = '/casbinPolicy';

/**
 * The policy in force: the stored one, the bundled one and the lines of `rbac.policy`. The stored one is followed; a
 * text that is malformed is refused with its line, and what was in force stays.
 */
export class PolicyStore implements Policy {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #fixed: readonly PolicyLine[];
  #rules: Policy;
  /** The lines in force, whoever decides by them. */
  #lines: Rules;
  #kv: KvStore | undefined;
  #follower: Follower | undefined;
  #refused = '';
  /** Texts are taken one after the other: casbin takes its time. */
  #taking: Promise<void> = Promise.resolve();

  private constructor(config: Config, logger: Logger, fixed: readonly PolicyLine[], rules: Policy) {
    this.#config = config;
    this.#logger = logger;
    this.#fixed = fixed;
    this.#rules = rules;
    this.#lines = new Rules(fixed);
  }

  /** With the stored policy in force where the store can be asked. Throws SKY_E_CONFIG for malformed `rbac` keys. */
  static async open(config: Config, kv: KvStore | undefined, logger: Logger): Promise<PolicyStore> {
    const fixed = [...bundledPolicy, ...configured(config)];
    const store = new PolicyStore(config, logger, fixed, await rulesOf(config, fixed));
    if (kv !== undefined) await store.#follow(kv);
    return store;
  }

  allows(user: string, object: string, action: string, defaultRole: string): boolean {
    return this.#rules.allows(user, object, action, defaultRole);
  }

  permissions(user: string, defaultRole: string): readonly Permission[] {
    return this.#rules.permissions(user, defaultRole);
  }

  /** The roles of a user, and the lines that decide on an action; none: it is refused. */
  explain(user: string, object: string, action: string, defaultRole: string) {
    const roles = this.#lines.roles(user, defaultRole);
    return { roles, lines: this.#lines.explain(user, object, action, defaultRole) };
  }

  /**
   * Stores a policy for every analyzer of this key-value store; the number of its lines. Throws SKY_E_BAD_REQUEST with
   * the number of a malformed line; then nothing is stored.
   */
  async load(text: string): Promise<number> {
    const lines = parsePolicy(text, 'policy');
    if (this.#kv === undefined) throw new SkydiveError('SKY_E_STORE', 'this service keeps no policy');
    await this.#kv.set(policyKey, text);
    return lines.length;
  }

  /** Why the stored policy is not in force; empty when it is. */
  get refused(): string {
    return this.#refused;
  }

  stop(): void {
    this.#follower?.stop();
  }

  async #follow(kv: KvStore): Promise<void> {
    this.#kv = kv;
    this.#follower = new Follower(
      kv,
      policyKey,
      {
        put: ({ key, value }) => {
          if (key === policyKey) this.#take(value);
        },
        gone: () => this.#take(''),
      },
      this.#logger,
    );
    await this.#follower.start();
    await this.#taking;
  }

  #take(text: string): void {
    this.#taking = this.#taking.then(async () => {
      try {
        const stored = parsePolicy(text, policyKey);
        const lines = [...stored, ...this.#fixed];
        this.#rules = await rulesOf(this.#config, lines);
        this.#lines = new Rules(lines);
        this.#refused = '';
        this.#logger.info(`policy: ${stored.length} lines of ${policyKey} are in force`);
      } catch (error) {
        this.#refused = messageOf(error);
        this.#logger.error(`policy: ${this.#refused}: refused, the policy before it stays in force`);
      }
    });
  }
}

function configured(config: Config): PolicyLine[] {
  try {
    return config.getList('rbac.policy').map((line, at) => parseLine(line, `rbac.policy, entry ${at + 1}`));
  } catch (error) {
    throw new SkydiveError('SKY_E_CONFIG', messageOf(error), { cause: error });
  }
}

async function rulesOf(config: Config, lines: readonly PolicyLine[]): Promise<Policy> {
  if (isDefaultModel(config)) return new Rules(lines);
  const { CasbinRules } = await import('./casbin.js');
  return CasbinRules.load(modelText(config), lines);
}
