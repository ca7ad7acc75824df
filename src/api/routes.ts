// SPDX-License-Identifier: Apache-2.0

import { boundsOf } from '../gremlin/bounds.js';
import { configHandler } from './endpoints/config.js';
import { failedUpgradeHandler } from './endpoints/failed-upgrade.js';
import { healthHandler } from './endpoints/health.js';
import { infoHandler } from './endpoints/info.js';
import { loginHandler } from './endpoints/login.js';
import { logoutHandler } from './endpoints/logout.js';
import { statusHandler } from './endpoints/status.js';
import { queryHandler, wholeGraphHandler } from './endpoints/topology.js';
import type { ApiParts } from './parts.js';
import { resourceRoutes } from './resources/routes.js';
import type { Route } from './route.js';

/** The one table of routes: path, methods, who may use it, handler; the first that fits wins. */
export function routes(parts: ApiParts): readonly Route[] {
  const { service, hostId, version, config, source, status, authenticator, logger } = parts;
  const read = (object: string) => ({ object, action: 'read', refusal: 'empty' }) as const;
  const all: Route[] = [
    { path: '/api', methods: ['GET'], access: 'user', handler: infoHandler(hostId, version, service) },
    {
      path: '/login',
      methods: 'any',
      access: 'public',
      handler: loginHandler(authenticator, logger),
      hsts: true,
    },
    { path: '/logout', methods: ['POST'], access: 'user', handler: logoutHandler(authenticator, logger) },
    { path: '/healthz', methods: ['GET'], access: 'public', handler: healthHandler },
    { path: '/api/status', methods: ['GET'], access: read('status'), handler: statusHandler(status) },
    { path: '/api/topology', methods: ['GET'], access: read('topology'), handler: wholeGraphHandler(source) },
    {
      path: '/api/topology',
      methods: ['POST'],
      access: read('topology'),
      handler: queryHandler(source, service === 'agent' ? 'core' : 'full', {
        ...boundsOf(config),
        ...parts.queries,
      }),
      bodyLimit: 1024 * 1024,
    },
  ];
  if (service === 'analyzer') {
    all.push({
      path: '/api/config/{key}',
      methods: ['GET'],
      access: read('config'),
      handler: configHandler(config),
    });
  }
  for (const resource of parts.resources ?? []) all.push(...resourceRoutes(resource));
  for (const path of parts.webSockets ?? []) {
    all.push({ path, methods: 'any', access: 'public', handler: failedUpgradeHandler });
  }
  return [...all, ...(parts.routes ?? [])];
}
