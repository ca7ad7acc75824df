// SPDX-License-Identifier: Apache-2.0

declare const __SKYDIVE_VERSION__: string;

/** Version of this build, put in by tools/build.mjs. */
export const version: string = __SKYDIVE_VERSION__;
