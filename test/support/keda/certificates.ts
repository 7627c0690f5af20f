import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';

/** One authority with its certificates, in a folder of the test. */
export interface Authority {
  readonly file: string;
  /** Puts a new certificate for loopback, for both ends of a connection, into the two files. */
  issue(name: string): { readonly certificateFile: string; readonly keyFile: string };
}

const openssl = (folder: string, ...words: readonly string[]): void => {
  execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
};

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export function authorityIn(folder: string, name: string): Authority {
  const subject = ['-subj', `/CN=${name}`, '-days', '1'];
  openssl(
    folder,
    'req',
    '-x509',
    ...curve,
    ...subject,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
  );
  let serial = 0;
  return {
    file: join(folder, `${name}.crt`),
    issue(own) {
      serial += 1;
      const extensions = join(folder, 'extensions');
      writeFileSync(
        extensions,
        'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n',
      );
      openssl(
        folder,
        'req',
        ...curve,
        '-subj',
        `/CN=${own}-${serial}`,
        '-keyout',
        'new.key',
        '-out',
        'new.csr',
      );
      const signing = [
        '-CA',
        `${name}.crt`,
        '-CAkey',
        `${name}.key`,
        '-set_serial',
        String(serial),
      ];
      const request = ['x509', '-req', '-in', 'new.csr', '-days', '1', '-extfile', extensions];
      openssl(folder, ...request, ...signing, '-out', 'new.crt');
      const [certificateFile, keyFile] = [join(folder, `${own}.crt`), join(folder, `${own}.key`)];
      renameSync(join(folder, 'new.crt'), certificateFile);
      renameSync(join(folder, 'new.key'), keyFile);
      return { certificateFile, keyFile };
    },
  };
}

/** How a caller trusts `authorityFile`, and who it says it is. */
export function clientSecurity(
  authorityFile: string,
  own: { readonly certificateFile: string; readonly keyFile: string } | null,
): ChannelCredentials {
  const authority = readFileSync(authorityFile);
  if (own === null) return credentials.createSsl(authority);
  return credentials.createSsl(
    authority,
    readFileSync(own.keyFile),
    readFileSync(own.certificateFile),
  );
}
