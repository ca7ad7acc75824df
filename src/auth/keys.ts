// SPDX-License-Identifier: Apache-2.0

import { declareKeys } from '../config/key.js';

const role = 'Role of authenticated users that have none.';

export const authKeys = declareKeys([
  { key: 'auth.*.type', type: 'string', doc: 'Kind of authentication: basic, keystone or noauth.' },
  { key: 'auth.basic.type', type: 'string', default: 'basic', doc: 'Users of a file or of this section.' },
  { key: 'auth.keystone.type', type: 'string', default: 'keystone', doc: 'Users of OpenStack.' },
  { key: 'auth.noauth.type', type: 'string', default: 'noauth', doc: 'Everyone may do everything.' },
  { key: 'auth.*.role', type: 'string', default: 'admin', doc: role },
  { key: 'auth.*.file', type: 'string', sample: '/etc/skydive/htpasswd', doc: 'basic: htpasswd file.' },
  {
    key: 'auth.*.users',
    type: 'map',
    sample: { user1: 'pass1' },
    doc: 'basic: users and their clear passwords, when there is no file; names become lower case.',
    secret: true,
  },
  {
    key: 'auth.*.auth_url',
    type: 'string',
    sample: 'http://127.0.0.1:5000/v3',
    doc: 'keystone: URL of the identity service, mandatory.',
  },
  { key: 'auth.*.tenant_name', type: 'string', sample: 'admin', doc: 'keystone: project.' },
  {
    key: 'auth.*.domain_name',
    type: 'string',
    sample: 'Default',
    doc: 'keystone: domain; empty selects version 2 of the API.',
  },
  { key: 'auth.keystone.tenant_name', type: 'string', default: 'admin', doc: 'Project.' },
  {
    key: 'auth.keystone.domain_name',
    type: 'string',
    default: 'Default',
    doc: 'Domain; empty selects version 2 of the API.',
  },
  {
    key: 'rbac.model.request_definition',
    type: 'list',
    default: ['sub, obj, act'],
    doc: 'casbin model: what a request holds.',
  },
  {
    key: 'rbac.model.policy_definition',
    type: 'list',
    default: ['sub, obj, act, eft'],
    doc: 'casbin model: what a policy line holds.',
  },
  { key: 'rbac.model.role_definition', type: 'list', default: ['_, _'], doc: 'casbin model: roles.' },
  {
    key: 'rbac.model.policy_effect',
    type: 'list',
    default: ['some(where (p_eft == allow)) && !some(where (p_eft == deny))'],
    doc: 'casbin model: how several matches decide.',
  },
  {
    key: 'rbac.model.matchers',
    type: 'list',
    default: ['g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act'],
    doc: 'casbin model: which policy lines match a request.',
  },
  {
    key: 'rbac.policy',
    type: 'list',
    sample: ['p, user, capture, write, deny', 'g, user1, user'],
    doc: 'casbin policy lines.',
  },
]);
