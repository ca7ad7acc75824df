// SPDX-License-Identifier: Apache-2.0

/** A connection as `/api/status` shows it. */
export interface ConnectionStatus {
  readonly ServiceType: string;
  readonly ClientProtocol: string;
  readonly Addr: string;
  readonly Port: number;
  readonly IsConnected: boolean;
  /** RFC 3339. */
  readonly ConnectTime: string;
  readonly RemoteHost?: string;
  /** Set on outgoing connections. */
  readonly RemoteServiceType?: string;
}
