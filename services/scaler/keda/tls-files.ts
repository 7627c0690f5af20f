import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';
import type { Clock } from '../../shared/clock/ports.ts';
import type { Logger } from '../../shared/process/ports.ts';
import { KedaServerError } from './keda-server-error.ts';
import type { KedaTls } from './keda-settings.ts';

type IdentityListener = experimental.IdentityCertificateUpdateListener;
type AuthorityListener = experimental.CaCertificateUpdateListener;

interface TlsContents {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly clientAuthority: Buffer | null;
}

/** Secrets that are mounted into a pod change within a minute or so, long before they expire. */
const lookEveryMs = 10_000;

/**
 * Certificates as they stand in their files, read again every ten seconds until `ended` aborts: they
 * rotate while the process runs. Files that do not fit together, as while they are being written, are
 * left aside, and the last good ones serve on.
 *
 * @throws KedaServerError `certificates-unusable` if there is nothing to begin with.
 */
export async function followTlsFiles(
  tls: KedaTls,
  ports: { readonly clock: Clock; readonly log: Logger },
  ended: AbortSignal,
): Promise<experimental.CertificateProvider> {
  let contents = await readTlsFiles(tls);
  const identityListeners = new Set<IdentityListener>();
  const authorityListeners = new Set<AuthorityListener>();
  const tellIdentity = (listener: IdentityListener): void => listener(contents);
  const tellAuthority = (listener: AuthorityListener): void => {
    const { clientAuthority } = contents;
    listener(clientAuthority === null ? null : { caCertificate: clientAuthority });
  };
  void (async () => {
    let problem: string | null = null;
    for (;;) {
      await ports.clock.sleepMs(lookEveryMs, ended);
      if (ended.aborted) return;
      const found = await readTlsFiles(tls).catch((error: unknown) => {
        if (!(error instanceof KedaServerError)) throw error;
        return error;
      });
      if (found instanceof KedaServerError) {
        if (problem !== found.message) {
          const message = `${found.message}; KEDA is served with the last good certificates`;
          ports.log.warn('keda-certificates-unusable', { message, error: found });
        }
        problem = found.message;
        continue;
      }
      problem = null;
      if (areSame(found, contents)) continue;
      contents = found;
      for (const listener of identityListeners) tellIdentity(listener);
      for (const listener of authorityListeners) tellAuthority(listener);
      ports.log.info('keda-certificates-changed', { certificateFile: tls.certificateFile });
    }
  })();
  return {
    addIdentityCertificateListener(listener) {
      identityListeners.add(listener);
      // Not at once: the credentials pass it on to those that they know by then.
      queueMicrotask(() => tellIdentity(listener));
    },
    removeIdentityCertificateListener: (listener) => void identityListeners.delete(listener),
    addCaCertificateListener(listener) {
      authorityListeners.add(listener);
      queueMicrotask(() => tellAuthority(listener));
    },
    removeCaCertificateListener: (listener) => void authorityListeners.delete(listener),
  };
}

async function readTlsFiles(tls: KedaTls): Promise<TlsContents> {
  const { certificateFile, keyFile, clientAuthorityFile } = tls;
  try {
    const certificate = await readFile(certificateFile);
    const privateKey = await readFile(keyFile);
    const clientAuthority =
      clientAuthorityFile === null ? null : await readFile(clientAuthorityFile);
    createSecureContext({
      cert: certificate,
      key: privateKey,
      ...(clientAuthority === null ? {} : { ca: clientAuthority }),
    });
    return { certificate, privateKey, clientAuthority };
  } catch (error) {
    const files = [certificateFile, keyFile, clientAuthorityFile].filter((file) => file !== null);
    const reason = error instanceof Error ? error.message : String(error);
    const message = `no TLS can be served from ${files.join(', ')}: ${reason}`;
    throw new KedaServerError('certificates-unusable', message, error);
  }
}

function areSame(a: TlsContents, b: TlsContents): boolean {
  const isSame = (one: Buffer | null, other: Buffer | null): boolean =>
    one === null || other === null ? one === other : one.equals(other);
  return (
    isSame(a.certificate, b.certificate) &&
    isSame(a.privateKey, b.privateKey) &&
    isSame(a.clientAuthority, b.clientAuthority)
  );
}
