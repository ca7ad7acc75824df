// SPDX-License-Identifier: Apache-2.0

import { CommandFailure } from '../failure.js';
import type { Connection } from './connection.js';
import { type ClientAnswer, send, textOf } from './request.js';

/** Throws unless the status is one of those that mean success. */
async function succeeded(
  answer: ClientAnswer,
  what: string,
  accept: (status: number) => boolean,
): Promise<ClientAnswer> {
  if (accept(answer.status)) return answer;
  const text = (await textOf(answer.body)).trimEnd();
  throw new CommandFailure(`Failed to ${what}, ${answer.statusLine}: ${text}`);
}

const isOk = (status: number) => status === 200;
const isNoError = (status: number) => status < 400;

function pathOf(resource: string, id: string): string {
  return `${resource}/${id.split('/').map(encodeURIComponent).join('/')}`;
}

export async function listResources(connection: Connection, resource: string): Promise<ClientAnswer> {
  return succeeded(await send(connection, { method: 'GET', path: resource }), `list ${resource}`, isOk);
}

export async function getResource(
  connection: Connection,
  resource: string,
  id: string,
): Promise<ClientAnswer> {
  const answer = await send(connection, { method: 'GET', path: pathOf(resource, id) });
  return succeeded(answer, `get ${resource}`, isOk);
}

export async function createResource(
  connection: Connection,
  resource: string,
  value: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<ClientAnswer> {
  const request = { method: 'POST', path: resource, body: JSON.stringify(value), headers };
  return succeeded(await send(connection, request), `create ${resource}`, isNoError);
}

/** The answer's body is empty when nothing was modified. */
export async function updateResource(
  connection: Connection,
  resource: string,
  id: string,
  patch: readonly object[],
): Promise<ClientAnswer> {
  const request = { method: 'PATCH', path: pathOf(resource, id), body: JSON.stringify(patch) };
  return succeeded(await send(connection, request), `update ${resource}`, isNoError);
}

export async function deleteResource(connection: Connection, resource: string, id: string): Promise<void> {
  const answer = await send(connection, { method: 'DELETE', path: pathOf(resource, id) });
  await textOf((await succeeded(answer, `delete ${resource}`, isOk)).body);
}
