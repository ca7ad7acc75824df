// SPDX-License-Identifier: Apache-2.0

import { at, textAt } from './json.js';
import type { ContainerImages } from './params.js';
import type { Stack } from './stack.js';
import type { Variables } from './yaml-file.js';

/** A Keystone address of the overcloud with its version, which older templates name differently or leave out. */
function withV3(address: string): string {
  const plain = address.replace(/\/+$/, '').replace(/\/v2\.0$/, '/v3');
  return plain.endsWith('/v3') ? plain : `${plain}/v3`;
}

function internalAddress(stack: Stack | undefined): string {
  const endpoints = stack?.output('EndpointMap');
  const v3 = textAt(endpoints, 'KeystoneV3Internal', 'uri');
  const unversioned = textAt(endpoints, 'KeystoneInternal', 'uri');
  return v3 || (unversioned ? withV3(unversioned) : '');
}

function publicAddress(stack: Stack | undefined): string {
  const address = stack?.output('KeystoneURL');
  return typeof address === 'string' && address !== '' ? withV3(address) : '';
}

/** Heat shows a hidden parameter as asterisks. */
function shown(password: unknown): string | undefined {
  if (typeof password !== 'string' && typeof password !== 'number') return undefined;
  const text = String(password);
  return text === '' || /^\*+$/.test(text) ? undefined : text;
}

/** The overcloud's admin password, undefined when Heat does not tell it. */
export function adminPassword(stack: Stack): string | undefined {
  return shown(at(stack.parameterDefaults, 'AdminPassword')) ?? shown(stack.output('AdminPassword'));
}

export interface Facts {
  readonly stack: Stack | undefined;
  readonly password: string | undefined;
  /** Host and port of the undercloud's registry, empty when unknown. */
  readonly registry: string;
  readonly images: ContainerImages | undefined;
}

/** What both groups have in common before the operator's own files. */
export function baseVariables({ stack, password, registry, images }: Facts): Variables {
  const namespace = images?.namespace ?? 'rhosp14';
  return new Map<string, unknown>([
    ['skydive_docker_registry', registry],
    ['skydive_docker_image_tag', images?.tag ?? 'latest'],
    ['skydive_analyzer_docker_image', `${namespace}/openstack-skydive-analyzer`],
    ['skydive_agent_docker_image', `${namespace}/openstack-skydive-agent`],
    ['skydive_analyzer_docker_command', '/usr/bin/skydive analyzer --conf /etc/skydive.yml'],
    ['skydive_agent_docker_command', '/usr/bin/skydive agent --conf /etc/skydive.yml'],
    ['os_auth_url', publicAddress(stack)],
    ['os_username', 'admin'],
    ['os_tenant_name', 'admin'],
    ['os_password', password ?? ''],
    ['skydive_auth_type', 'keystone'],
    ['skydive_os_auth_url', internalAddress(stack)],
    ['skydive_os_service_region_name', 'regionOne'],
    ['skydive_deployment_mode', 'container'],
    ['skydive_flow_protocol', 'websocket'],
    ['skydive_topology_probes', ['neutron', 'ovsdb', 'docker']],
    ['skydive_iptables_rules', true],
  ]);
}
