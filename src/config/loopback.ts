// SPDX-License-Identifier: Apache-2.0

/** True for names and addresses that only this host reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^(::ffff:)?127\./.test(host);
}
