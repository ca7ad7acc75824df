// SPDX-License-Identifier: Apache-2.0

import type { Config } from '../../config/key.js';
import { authKeys } from '../keys.js';

const sections = {
  r: 'rbac.model.request_definition',
  p: 'rbac.model.policy_definition',
  g: 'rbac.model.role_definition',
  e: 'rbac.model.policy_effect',
  m: 'rbac.model.matchers',
} as const;

/** True when no `rbac.model` key says otherwise. */
export function isDefaultModel(config: Config): boolean {
  return Object.values(sections).every((key) => {
    const declared = authKeys.find((each) => each.key === key)?.default as readonly string[];
    return normal(config.getList(key)) === normal(declared);
  });
}

function normal(values: readonly string[]): string {
  return values.map((value) => value.replace(/\s+/g, '')).join('\n');
}

/** The model as casbin reads it: several values of a key are `p`, `p2`, … */
export function modelText(config: Config): string {
  const titles = {
    r: 'request_definition',
    p: 'policy_definition',
    g: 'role_definition',
    e: 'policy_effect',
    m: 'matchers',
  } as const;
  return (Object.keys(sections) as (keyof typeof sections)[])
    .map((letter) => {
      const values = config.getList(sections[letter]);
      const lines = values.map((value, at) => {
        // The original's files name the effect as its internals do.
        const text = letter === 'e' ? value.replace(/\bp_eft\b/g, 'p.eft') : value;
        return `${letter}${at === 0 ? '' : at + 1} = ${text}`;
      });
      return `[${titles[letter]}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
}
