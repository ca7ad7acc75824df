// SPDX-License-Identifier: Apache-2.0

import type { Schema } from './decode-record.js';

// Messages of flow.proto and its layers that few flows have, by their field numbers and the names of their JSON.

export const tcpMetric: Schema = [
  [1, 'ABSynStart', 'count'],
  [2, 'BASynStart', 'count'],
  [3, 'ABSynTTL', 'integer'],
  [4, 'BASynTTL', 'integer'],
  [5, 'ABFinStart', 'count'],
  [6, 'BAFinStart', 'count'],
  [7, 'ABRstStart', 'count'],
  [8, 'BARstStart', 'count'],
  [9, 'ABSegmentOutOfOrder', 'count'],
  [10, 'ABSegmentSkipped', 'count'],
  [11, 'ABSegmentSkippedBytes', 'count'],
  [12, 'ABPackets', 'count'],
  [13, 'ABBytes', 'count'],
  [14, 'ABSawStart', 'count'],
  [15, 'ABSawEnd', 'count'],
  [16, 'BASegmentOutOfOrder', 'count'],
  [17, 'BASegmentSkipped', 'count'],
  [18, 'BASegmentSkippedBytes', 'count'],
  [19, 'BAPackets', 'count'],
  [20, 'BABytes', 'count'],
  [21, 'BASawStart', 'count'],
  [22, 'BASawEnd', 'count'],
];

export const ipMetric: Schema = [
  [1, 'Fragments', 'count'],
  [2, 'FragmentErrors', 'count'],
];

export const dhcpv4: Schema = [
  [1, 'contents', 'base64'],
  [2, 'payload', 'base64'],
  [3, 'hardware_len', 'integer'],
  [4, 'hardware_opts', 'integer'],
  [5, 'xid', 'integer'],
  [6, 'secs', 'integer'],
  [7, 'flags', 'integer'],
  [8, 'server_name', 'base64'],
  [9, 'file', 'base64'],
];

export const vrrpv2: Schema = [
  [1, 'contents', 'base64'],
  [2, 'payload', 'base64'],
  [3, 'version', 'integer'],
  [4, 'VirtualRtrID', 'integer'],
  [5, 'priority', 'integer'],
  [6, 'CountIPAddr', 'integer'],
  [7, 'adver_int', 'integer'],
  [8, 'checksum', 'integer'],
];

const dnsQuestion: Schema = [
  [1, 'name', 'text'],
  [2, 'type', 'text'],
  [3, 'class', 'text'],
];

const dnsSoa: Schema = [
  [1, 'MName', 'text'],
  [2, 'RName', 'text'],
  [3, 'serial', 'integer'],
  [4, 'refresh', 'integer'],
  [5, 'retry', 'integer'],
  [6, 'expire', 'integer'],
  [7, 'minimum', 'integer'],
];

const dnsSrv: Schema = [
  [1, 'priority', 'integer'],
  [2, 'weight', 'integer'],
  [3, 'port', 'integer'],
  [4, 'name', 'text'],
];

const dnsMx: Schema = [
  [1, 'preference', 'integer'],
  [2, 'name', 'text'],
];

const dnsOpt: Schema = [
  [1, 'Code', 'text'],
  [2, 'Data', 'text'],
];

const dnsRecord: Schema = [
  [1, 'name', 'text'],
  [2, 'type', 'text'],
  [3, 'class', 'text'],
  [4, 'TTL', 'integer'],
  [5, 'data_length', 'integer'],
  [6, 'IP', 'text'],
  [7, 'NS', 'text'],
  [8, 'CNAME', 'text'],
  [9, 'PTR', 'text'],
  [10, 'TXTs', 'texts'],
  [11, 'SOA', dnsSoa],
  [12, 'SRV', dnsSrv],
  [13, 'MX', dnsMx],
  [14, 'OPT', [dnsOpt]],
];

export const dns: Schema = [
  [1, 'ID', 'integer'],
  [2, 'QR', 'true'],
  [3, 'op_code', 'text'],
  [4, 'AA', 'true'],
  [5, 'TC', 'true'],
  [6, 'RD', 'true'],
  [7, 'RA', 'true'],
  [8, 'z', 'integer'],
  [9, 'response_code', 'text'],
  [10, 'QDCount', 'integer'],
  [11, 'ANCount', 'integer'],
  [12, 'NSCount', 'integer'],
  [13, 'ARCount', 'integer'],
  [14, 'questions', [dnsQuestion]],
  [15, 'answers', [dnsRecord]],
  [16, 'authorities', [dnsRecord]],
  [17, 'additionals', [dnsRecord]],
  [18, 'timestamp', 'time'],
];
