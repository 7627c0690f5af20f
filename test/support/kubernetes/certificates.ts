import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface CertificateWanted {
  readonly name: string;
  readonly commonName: string;
  readonly organization?: string;
  /** `IP:127.0.0.1`, `DNS:localhost`. */
  readonly alternativeNames?: readonly string[];
}

const validDays = 2;

/** One authority for all programs of one cluster, made with the openssl command. */
export class CertificateAuthority {
  readonly certificateFile: string;
  readonly #folder: string;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.certificateFile = join(folder, 'ca.crt');
    writePrivateKey(this.#keyFile);
    openssl([
      'req',
      '-x509',
      '-new',
      '-sha256',
      '-key',
      this.#keyFile,
      '-out',
      this.certificateFile,
      '-days',
      String(validDays),
      '-subj',
      '/CN=cluster-ca',
      '-addext',
      'keyUsage=critical,keyCertSign,cRLSign,digitalSignature',
    ]);
  }

  get certificate(): string {
    return readFileSync(this.certificateFile, 'utf8');
  }

  /** A certificate for servers and for clients. */
  issue(wanted: CertificateWanted): Certificate {
    const file = (ending: string): string => join(this.#folder, `${wanted.name}.${ending}`);
    const organization = wanted.organization === undefined ? '' : `/O=${wanted.organization}`;
    writePrivateKey(file('key'));
    openssl([
      'req',
      '-new',
      '-key',
      file('key'),
      '-out',
      file('csr'),
      '-subj',
      `${organization}/CN=${wanted.commonName}`,
    ]);
    const names = wanted.alternativeNames ?? [];
    writeFileSync(
      file('ext'),
      [
        'basicConstraints=CA:FALSE',
        'keyUsage=digitalSignature,keyEncipherment',
        'extendedKeyUsage=serverAuth,clientAuth',
        ...(names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`]),
      ].join('\n'),
    );
    openssl([
      'x509',
      '-req',
      '-sha256',
      '-in',
      file('csr'),
      '-out',
      file('crt'),
      '-CA',
      this.certificateFile,
      '-CAkey',
      this.#keyFile,
      '-CAcreateserial',
      '-days',
      String(validDays),
      '-extfile',
      file('ext'),
    ]);
    return { certificateFile: file('crt'), keyFile: file('key') };
  }

  /** The pair with which service accounts' tokens are signed and checked. */
  issueTokenKeys(): { readonly privateKeyFile: string; readonly publicKeyFile: string } {
    const privateKeyFile = join(this.#folder, 'tokens.key');
    const publicKeyFile = join(this.#folder, 'tokens.pub');
    openssl(['genrsa', '-out', privateKeyFile, '2048']);
    openssl(['rsa', '-in', privateKeyFile, '-pubout', '-out', publicKeyFile]);
    return { privateKeyFile, publicKeyFile };
  }

  get #keyFile(): string {
    return join(this.#folder, 'ca.key');
  }
}

function writePrivateKey(file: string): void {
  openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', file]);
}

function openssl(commandArguments: readonly string[]): void {
  execFileSync('openssl', commandArguments, { stdio: ['ignore', 'ignore', 'pipe'] });
}
