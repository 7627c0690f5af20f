import { group } from '../../shared/process/environment.ts';
import { optional, text, wholeNumber } from '../../shared/process/setting.ts';

const portName = 'SPILLWAY_KEDA_PORT';
const certificateName = 'SPILLWAY_KEDA_TLS_CERT_FILE';
const keyName = 'SPILLWAY_KEDA_TLS_KEY_FILE';
const clientAuthorityName = 'SPILLWAY_KEDA_TLS_CLIENT_CA_FILE';

const pemFile = { accepts: 'the path of a PEM file', pattern: /^\S.*$/ };

/** PEM files; read again when they change. */
export interface KedaTls {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Authorities that a caller's certificate must come from; `null`: callers need none. */
  readonly clientAuthorityFile: string | null;
}

export interface KedaConfig {
  /** `null` listens on all addresses. */
  readonly address: string | null;
  /** 0 takes a free one. */
  readonly port: number;
  /** `null`: not encrypted. */
  readonly tls: KedaTls | null;
}

/** Where KEDA asks how many workers there are to be; `null`: nowhere. */
export const kedaSettings = group(
  {
    port: optional(
      wholeNumber(portName, {
        purpose:
          'Port on which KEDA asks how many workers there are to be (gRPC); 0 takes a free one and ' +
          'logs it. Not served if not set.',
        min: 0,
        max: 65_535,
      }),
    ),
    address: optional(
      text('SPILLWAY_KEDA_ADDRESS', {
        purpose: 'Address to serve KEDA on; all addresses if not set.',
        accepts: 'an address of this machine',
        pattern: /^\S+$/,
      }),
    ),
    certificateFile: optional(
      text(certificateName, {
        purpose:
          'Certificate to serve KEDA with; not encrypted if not set. Read again when it changes.',
        ...pemFile,
      }),
    ),
    keyFile: optional(text(keyName, { purpose: 'Private key of that certificate.', ...pemFile })),
    clientAuthorityFile: optional(
      text(clientAuthorityName, {
        purpose:
          'Authorities of which a caller must bring a certificate; if not set, whoever reaches the ' +
          'port may ask.',
        ...pemFile,
      }),
    ),
  },
  (given, report): KedaConfig | null => {
    const { port, address, certificateFile, keyFile, clientAuthorityFile } = given;
    if ((certificateFile === null) !== (keyFile === null)) {
      report(`${certificateName} and ${keyName} belong together; set both or neither.`);
    }
    if (clientAuthorityFile !== null && certificateFile === null) {
      report(
        `${clientAuthorityName} is set but ${certificateName} is not: callers can prove who they are ` +
          'only over TLS; set both.',
      );
    }
    const others = [address, certificateFile, keyFile, clientAuthorityFile];
    if (port === null && others.some((value) => value !== null)) {
      report(`SPILLWAY_KEDA_* is set but ${portName} is not, so KEDA is not served; set it.`);
    }
    if (port === null) return null;
    const hasTls = certificateFile !== null && keyFile !== null;
    return {
      address,
      port,
      tls: hasTls ? { certificateFile, keyFile, clientAuthorityFile } : null,
    };
  },
);
