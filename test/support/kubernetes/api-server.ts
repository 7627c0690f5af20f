import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../../../services/local/broker/free-ports.ts';
import type { Keeper } from '../../../services/local/processes/keeper.ts';
import { systemRandom } from '../../../services/shared/clock/system.ts';
import { clusterBinary } from '../cluster-binaries.ts';
import type { Certificate } from './certificates.ts';
import { CertificateAuthority } from './certificates.ts';
import { ClusterClient } from './cluster-client.ts';
import { Component } from './component.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { until } from './until.ts';

/** An etcd and an API server of its own, on loopback, with all rights for who holds it. */
export interface ApiServer {
  /** `https://127.0.0.1:…` */
  readonly url: string;
  readonly port: number;
  readonly authority: CertificateAuthority;
  /** Signs service accounts' tokens, which is the controller-manager's work. */
  readonly tokenKeyFile: string;
  readonly adminKubeconfig: string;
  readonly adminCertificate: Certificate;
  readonly admin: ClusterClient;
  readonly etcd: Component;
  readonly server: Component;
  /** The API server first: without its store it hangs at its end. Idempotent. */
  stop(): Promise<void>;
}

export interface ApiServerOptions {
  /** Empty; holds data, certificates and logs. */
  readonly folder: string;
  readonly keeper: Keeper;
}

const startMsMax = 90_000;
const stopGraceMs = 8000;

/**
 * Starts both and resolves when the API server is ready, after 4 s on an idle machine.
 *
 * @throws Error with the last lines of the one that did not start; nothing is left running.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { folder, keeper } = options;
  mkdirSync(join(folder, 'log'), { recursive: true });
  const [clientPort = 0, peerPort = 0, port = 0] = await findFreePorts(3, systemRandom);
  const authority = new CertificateAuthority(join(folder, 'pki'));
  const url = `https://127.0.0.1:${port}`;
  const etcdUrl = `http://127.0.0.1:${clientPort}`;
  const start = (name: string, commandArguments: readonly string[]): Component =>
    new Component({
      name,
      command: clusterBinary(name),
      commandArguments,
      workFolder: folder,
      logFile: join(folder, 'log', `${name}.log`),
      keeper,
    });
  const etcd = start('etcd', etcdArguments(folder, etcdUrl, peerPort));
  const tokenKeys = authority.issueTokenKeys();
  const server = start(
    'kube-apiserver',
    apiServerArguments({
      etcdUrl,
      port,
      authority,
      tokenKeys,
    }),
  );
  const adminCertificate = authority.issue({
    name: 'admin',
    commonName: 'admin',
    organization: 'system:masters',
  });
  const adminKubeconfig = writeKubeconfig({
    file: join(folder, 'admin.kubeconfig'),
    server: url,
    certificateAuthorityFile: authority.certificateFile,
    user: adminCertificate,
  });
  const admin = ClusterClient.withCertificate(url, authority.certificateFile, adminCertificate);
  const stop = async (): Promise<void> => {
    admin.close();
    await server.stop(stopGraceMs);
    await etcd.stop(stopGraceMs);
  };
  try {
    await until('the API server is ready', () => admin.isReady(), {
      withinMs: startMsMax,
      problem: () => {
        const ended = [etcd, server].find(({ hasEnded }) => hasEnded);
        return ended === undefined ? null : `${ended.name} ended: ${ended.lastLines()}`;
      },
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const { privateKeyFile: tokenKeyFile } = tokenKeys;
  return {
    url,
    port,
    authority,
    tokenKeyFile,
    adminKubeconfig,
    adminCertificate,
    admin,
    etcd,
    server,
    stop,
  };
}

function etcdArguments(folder: string, url: string, peerPort: number): readonly string[] {
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  return [
    '--name=local',
    `--data-dir=${join(folder, 'etcd')}`,
    // The data goes with the test.
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=local=${peerUrl}`,
  ];
}

interface ApiServerFacts {
  readonly etcdUrl: string;
  readonly port: number;
  readonly authority: CertificateAuthority;
  readonly tokenKeys: { readonly privateKeyFile: string; readonly publicKeyFile: string };
}

function apiServerArguments(facts: ApiServerFacts): readonly string[] {
  const { authority, tokenKeys } = facts;
  const own = authority.issue({
    name: 'apiserver',
    commonName: 'kube-apiserver',
    alternativeNames: [
      'IP:127.0.0.1',
      'IP:10.96.0.1',
      'DNS:localhost',
      'DNS:kubernetes',
      'DNS:kubernetes.default',
      'DNS:kubernetes.default.svc',
    ],
  });
  const proxy = authority.issue({ name: 'front-proxy', commonName: 'front-proxy-client' });
  return [
    `--etcd-servers=${facts.etcdUrl}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${facts.port}`,
    // Loopback addresses are refused as endpoints, every ten seconds anew.
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    '--anonymous-auth=true',
    `--client-ca-file=${authority.certificateFile}`,
    `--tls-cert-file=${own.certificateFile}`,
    `--tls-private-key-file=${own.keyFile}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${tokenKeys.publicKeyFile}`,
    `--service-account-signing-key-file=${tokenKeys.privateKeyFile}`,
    `--requestheader-client-ca-file=${authority.certificateFile}`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${proxy.certificateFile}`,
    `--proxy-client-key-file=${proxy.keyFile}`,
    '--enable-aggregator-routing=false',
    '--profiling=false',
    '--v=1',
  ];
}
