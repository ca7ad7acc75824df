// SPDX-License-Identifier: Apache-2.0
// The crash test of the embedded key-value store, 200 times instead of a few.

process.env['SKYDIVE_CRASH_RUNS'] = '200';
await import('../../src/store/kv/embedded/crash.test.js');
