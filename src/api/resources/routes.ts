// SPDX-License-Identifier: Apache-2.0

import { messageOf, SkydiveError } from '../../errors.js';
import { encodeJson } from '../../json/encode.js';
import { applyPatch, patchOf } from '../../json/patch.js';
import { emptyAnswer, errorAnswer, jsonAnswer, jsonType } from '../answer.js';
import type { ApiAnswer, ApiRequest } from '../exchange.js';
import { parseJson } from '../json-body.js';
import type { Route } from '../route.js';
import { createBody } from './body.js';
import type { Resource } from './resource.js';
import { parseTtl } from './ttl.js';

/** Runs a step of a request; what it throws becomes a 400 with the step named, but for what has a status of its own. */
async function step<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof SkydiveError && error.code === 'SKY_E_CONFLICT') throw error;
    const prefix = what === '' ? '' : `${what}: `;
    throw new SkydiveError('SKY_E_BAD_REQUEST', `${prefix}${messageOf(error)}`, { cause: error });
  }
}

/** `{"id": resource, …}`, one resource at a time. */
function* listChunks(entries: Iterable<readonly [string, object]>): Generator<string> {
  let chunk = '{';
  let separator = '';
  for (const [id, resource] of entries) {
    chunk += `${separator}${encodeJson(id)}:${encodeJson(resource)}`;
    separator = ',';
    if (chunk.length > 32 * 1024) {
      yield chunk;
      chunk = '';
    }
  }
  yield `${chunk}}\n`;
}

async function list(resource: Resource): Promise<ApiAnswer> {
  return { status: 200, type: jsonType, body: listChunks(await resource.list()) };
}

function unknown(resource: Resource, id: string): ApiAnswer {
  return errorAnswer(404, `${resource.title} '${id}' not found`);
}

async function show(resource: Resource, id: string): Promise<ApiAnswer> {
  const found = await resource.get(id);
  return found === undefined ? unknown(resource, id) : jsonAnswer(found);
}

async function create(resource: Resource, request: ApiRequest): Promise<ApiAnswer> {
  const decoded = resource.decode(await createBody(request));
  await step('', () => resource.validate(decoded));
  const ttlMs = parseTtl(request.headers['x-resource-ttl']);
  const created = await step('', () => resource.create(decoded, ttlMs === undefined ? {} : { ttlMs }));
  return jsonAnswer(created, { status: 201, newline: false });
}

async function modify(resource: Resource, request: ApiRequest): Promise<ApiAnswer> {
  const id = request.params['id'] ?? '';
  if (id === '') return emptyAnswer(400);
  const current = await resource.get(id);
  if (current === undefined) return emptyAnswer(404);
  const text = (await request.body()).toString('utf8');
  const patch = await step('incorrect JSON patch', () => {
    try {
      return patchOf(parseJson(text, 'unexpected end of JSON input'));
    } catch (error) {
      throw new SkydiveError('SKY_E_BAD_REQUEST', `${messageOf(error)}. Patch: ${text}`, { cause: error });
    }
  });
  const document = await step('applying JSON patch to resource', () => applyPatch(current, patch));
  const patched = await step('', () => resource.decode(document));
  await step('validating patched resource', () => resource.validate(patched));
  const updated = await step('updating resource with patched version', () => resource.update(id, patched));
  return updated === undefined ? emptyAnswer(304) : jsonAnswer(updated, { newline: false });
}

async function remove(resource: Resource, id: string): Promise<ApiAnswer> {
  if (id === '') return errorAnswer(400, 'Bad Request');
  const deleted = await step('', () => resource.delete(id));
  return deleted ? { status: 200, type: 'text/plain' } : unknown(resource, id);
}

/** The rows of a resource in the table of routes. */
export function resourceRoutes(resource: Resource): readonly Route[] {
  const object = resource.name;
  const access = (action: 'read' | 'write', refusal: 'empty' | 'text') => ({ object, action, refusal });
  const all = `/api/${resource.name}`;
  const one = `${all}/{id...}`;
  const idOf = ({ params }: ApiRequest) => params['id'] ?? '';
  return [
    { path: all, methods: ['GET'], access: access('read', 'empty'), handler: () => list(resource) },
    {
      path: all,
      methods: ['POST'],
      access: access('write', 'text'),
      handler: (request) => create(resource, request),
    },
    {
      path: one,
      methods: ['GET'],
      access: access('read', 'text'),
      handler: (request) => show(resource, idOf(request)),
    },
    {
      path: one,
      methods: ['PATCH'],
      access: access('write', 'empty'),
      handler: (request) => modify(resource, request),
    },
    {
      path: one,
      methods: ['DELETE'],
      access: access('write', 'text'),
      handler: (request) => remove(resource, idOf(request)),
    },
  ];
}
