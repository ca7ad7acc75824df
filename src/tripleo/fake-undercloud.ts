// SPDX-License-Identifier: Apache-2.0
// Stand-ins for the servers of an undercloud, for tests. They answer as Keystone 22, Heat 19 and Nova 26 do, which
// test/servers holds against the real ones as far as this machine runs them.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

abstract class FakeServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  constructor(tls?: { readonly key: string; readonly cert: string }) {
    const handle = async (request: IncomingMessage) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      const token = request.headers['x-auth-token'];
      const asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        token: typeof token === 'string' ? token : undefined,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
      };
      this.asked.push(asked);
      return this.reply(asked);
    };
    const listener: Parameters<typeof createServer>[1] = (request, response) => {
      void handle(request).then(({ status = 200, headers = {}, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(body === undefined ? '' : JSON.stringify(body));
      });
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    this.scheme = tls === undefined ? 'http' : 'https';
  }

  readonly scheme: string;

  protected abstract reply(asked: Asked): Reply;

  get origin(): string {
    return `${this.scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function refusal(status: number, title: string, message: string): Reply {
  return { status, body: { error: { code: status, message, title } } };
}

export const fakeToken = 'token-of-admin';

/** A Keystone with one user (admin, secret) and one project (admin) in domain `default`. */
export class FakeKeystone extends FakeServer {
  /** Service type → public address, as the catalog tells it. */
  readonly services = new Map<string, string>();
  /** Where the version list says that v3 is; undefined for the true address. */
  selfLink: string | undefined;
  /** `GET /` knows versions only from this one up. */
  versions: readonly string[] = ['v3.14'];

  protected reply({ method, path, body }: Asked): Reply {
    if (method === 'GET' && path === '/') {
      const href = this.selfLink ?? `${this.origin}/v3/`;
      const values = this.versions.map((id) => ({ id, status: 'stable', links: [{ rel: 'self', href }] }));
      return { status: 300, body: { versions: { values } } };
    }
    if (method !== 'POST' || path !== '/v3/auth/tokens')
      return refusal(404, 'Not Found', `(http://localhost${path}): The resource could not be found.`);
    const { auth } = body as {
      auth: {
        identity: {
          methods: string[];
          token?: { id: string };
          password?: { user: { name?: string; password?: string; domain: { id: string } } };
        };
        scope?: { project: { name: string; domain: { id: string } } };
      };
    };
    const user = auth.identity.password?.user;
    const byPassword = user?.name === 'admin' && user.password === 'secret' && user.domain.id === 'default';
    const byToken = auth.identity.methods[0] === 'token' && auth.identity.token?.id === fakeToken;
    const project = auth.scope?.project;
    const scoped = project === undefined || (project.name === 'admin' && project.domain.id === 'default');
    if ((!byPassword && !byToken) || !scoped)
      return refusal(401, 'Unauthorized', 'The request you have made requires authentication.');
    const catalog = [...this.services].map(([type, url]) => ({
      type,
      name: type,
      endpoints: [
        { interface: 'internal', region: 'regionOne', url: 'http://192.0.2.1:1/internal' },
        { interface: 'public', region: 'regionOne', url },
      ],
    }));
    const token = project === undefined ? {} : { catalog };
    return { status: 201, headers: { 'x-subject-token': fakeToken }, body: { token } };
  }
}

export interface FakeStack {
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly parameterDefaults?: Readonly<Record<string, unknown>>;
}

/** A Heat whose stacks have id `1`: what asks for a stack by name is redirected to name and id. */
export class FakeHeat extends FakeServer {
  readonly stacks = new Map<string, FakeStack>();
  /** Before the path of a redirect; undefined for the true address. */
  redirectOrigin: string | undefined;
  /** Every answer, instead of the true one. */
  broken: { readonly status: number; readonly body: unknown } | undefined;

  protected reply({ path, token }: Asked): Reply {
    if (this.broken !== undefined) return this.broken;
    if (token !== fakeToken) return refusal(401, 'Unauthorized', 'Authentication required');
    const [, name = '', id, environment] =
      /^\/v1\/admin\/stacks\/([^/]+)(?:\/(\d+))?(\/environment)?$/.exec(path) ?? [];
    const stack = this.stacks.get(name);
    if (stack === undefined) return refusal(404, 'Not Found', `The Stack (${name}) could not be found.`);
    if (id === undefined) {
      const location = `${this.redirectOrigin ?? this.origin}/v1/admin/stacks/${name}/1${environment ?? ''}`;
      return { status: 302, headers: { location }, body: { code: '302 Found' } };
    }
    if (environment !== undefined) {
      if (stack.parameterDefaults === undefined) return refusal(404, 'Not Found', 'no environment');
      return { body: { parameters: {}, parameter_defaults: stack.parameterDefaults, resource_registry: {} } };
    }
    const outputs = Object.entries(stack.outputs ?? {}).map(([key, value]) => ({
      output_key: key,
      output_value: value,
      description: '',
    }));
    return { body: { stack: { stack_name: name, id, stack_status: 'CREATE_COMPLETE', outputs } } };
  }
}

/** A Nova that lists its servers two at a time. */
export class FakeNova extends FakeServer {
  servers: readonly {
    readonly name: string;
    readonly addresses: Readonly<Record<string, readonly string[]>>;
  }[] = [];

  protected reply({ path, token }: Asked): Reply {
    const url = new URL(path, this.origin);
    if (token !== fakeToken || url.pathname !== '/v2.1/servers/detail')
      return refusal(401, 'Unauthorized', 'Authentication required');
    const from = Number(url.searchParams.get('marker') ?? 0);
    const servers = this.servers.slice(from, from + 2).map(({ name, addresses }) => ({
      name,
      status: 'ACTIVE',
      addresses: Object.fromEntries(
        Object.entries(addresses).map(([network, ips]) => [
          network,
          ips.map((addr) => ({ addr, version: addr.includes(':') ? 6 : 4, 'OS-EXT-IPS:type': 'fixed' })),
        ]),
      ),
    }));
    const more = from + 2 < this.servers.length;
    const href = `http://nova.invalid/v2.1/servers/detail?marker=${from + 2}`;
    return { body: { servers, ...(more ? { servers_links: [{ rel: 'next', href }] } : {}) } };
  }
}

export interface FakeUndercloud {
  readonly keystone: FakeKeystone;
  readonly heat: FakeHeat;
  readonly nova: FakeNova;
}

/** An undercloud with Keystone and Heat; `nova` is up too, but in the catalog only when a test puts it there. */
export async function withFakeUndercloud(
  use: (undercloud: FakeUndercloud) => Promise<void>,
  tls?: { readonly key: string; readonly cert: string },
): Promise<void> {
  const undercloud = { keystone: new FakeKeystone(tls), heat: new FakeHeat(tls), nova: new FakeNova(tls) };
  const servers = Object.values(undercloud);
  await Promise.all(servers.map((server) => server.start()));
  undercloud.keystone.services.set('orchestration', `${undercloud.heat.origin}/v1/admin`);
  try {
    await use(undercloud);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** The stack of an overcloud with one controller and two computes, as the templates of Rocky make it. */
export const rockyStack: FakeStack = {
  outputs: {
    KeystoneURL: 'http://10.0.0.5:5000',
    EndpointMap: {
      KeystoneInternal: {
        uri: 'http://172.16.2.5:5000',
        uri_no_suffix: 'http://172.16.2.5:5000',
        port: '5000',
      },
      KeystoneV3Internal: { uri: 'http://172.16.2.5:5000/v3', uri_no_suffix: 'http://172.16.2.5:5000' },
    },
    RoleNetIpMap: {
      Controller: { ctlplane: ['192.168.24.10'], internal_api: ['172.16.2.10'] },
      Compute: { ctlplane: ['192.168.24.11', '192.168.24.12'], internal_api: ['172.16.2.11', '172.16.2.12'] },
      CephStorage: { ctlplane: ['192.168.24.13'] },
      BlockStorage: {},
    },
    RoleNetHostnameMap: {
      Controller: { ctlplane: ['overcloud-controller-0.ctlplane.localdomain'] },
      Compute: {
        ctlplane: [
          'overcloud-novacompute-0.ctlplane.localdomain',
          'overcloud-NovaCompute-1.ctlplane.localdomain',
        ],
      },
      CephStorage: { ctlplane: ['overcloud-cephstorage-0.ctlplane.localdomain'] },
      BlockStorage: {},
    },
  },
  parameterDefaults: { AdminPassword: 'hAy2VuQd' },
};
