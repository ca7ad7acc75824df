// SPDX-License-Identifier: Apache-2.0

import type { PolicyStore } from '../../auth/rbac/store.js';
import { SkydiveError } from '../../errors.js';
import { jsonAnswer } from '../answer.js';
import type { ApiRequest } from '../exchange.js';
import type { Route } from '../route.js';

const maxPolicyBytes = 1024 * 1024;

function required({ query }: ApiRequest, name: string): string {
  const value = query.get(name) ?? '';
  if (value === '') throw new SkydiveError('SKY_E_BAD_REQUEST', `the parameter ${name} is missing`);
  return value;
}

/**
 * `/api/rbac`: what a user may do, and why; and a policy for all analyzers of the key-value store, checked before it
 * is stored. `defaultRole` is that of the API's users.
 */
export function rbacRoutes(policy: PolicyStore, defaultRole: string): readonly Route[] {
  const read = { object: 'rbac', action: 'read', refusal: 'empty' } as const;
  return [
    {
      path: '/api/rbac',
      methods: ['GET'],
      access: read,
      handler(request) {
        const user = required(request, 'user');
        const { roles } = policy.explain(user, '', '', defaultRole);
        const permissions = policy.permissions(user, defaultRole);
        return jsonAnswer({ User: user, Roles: roles, Permissions: permissions, Refused: policy.refused });
      },
    },
    {
      path: '/api/rbac/check',
      methods: ['GET'],
      access: read,
      handler(request) {
        const [user, object, action] = [
          required(request, 'user'),
          required(request, 'object'),
          required(request, 'action'),
        ];
        const { roles, lines } = policy.explain(user, object, action, defaultRole);
        const allowed = policy.allows(user, object, action, defaultRole);
        return jsonAnswer({
          User: user,
          Object: object,
          Action: action,
          Allowed: allowed,
          Roles: roles,
          Lines: lines,
        });
      },
    },
    {
      path: '/api/rbac',
      methods: ['POST'],
      access: { object: 'rbac', action: 'write', refusal: 'text' },
      bodyLimit: maxPolicyBytes,
      async handler(request) {
        return jsonAnswer({ Lines: await policy.load((await request.body()).toString('utf8')) });
      },
    },
  ];
}
