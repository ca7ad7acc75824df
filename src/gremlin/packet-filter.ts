// SPDX-License-Identifier: Apache-2.0

/** Says whether a packet passes. */
export type PacketTest = (packet: Uint8Array) => boolean;

/**
 * Compiles a pcap expression (pcap-filter(7)) for a link type. Throws when it does not compile. Given to a run, so
 * that the language does not depend on the library that does it.
 */
export type CompilePacketFilter = (expression: string, linkType: number, captureLength: number) => PacketTest;
